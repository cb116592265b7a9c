package inspect

import (
	"bytes"
	"encoding/binary"

	"mingjing/server/evidence"
)

// A head is what the structure of a picture says of it, read without decoding anything.
type head struct {
	width, height int
	// memory is how many bytes decoding it takes at most, before it is turned or scaled.
	memory int
	// orientation is that of its Exif data: 1 to 8, 1 where there is none.
	orientation int
}

// maxScans bounds the scans of a JPEG. Programs write up to about twenty; each makes a
// decoder go through all of the picture once more.
const maxScans = 64

// jpegHead walks the markers of a JPEG.
func jpegHead(data []byte) (head, error) {
	h, scans, perPixel := head{orientation: 1}, 0, 0.0
	for at := 2; ; {
		start := bytes.IndexByte(data[at:], 0xff)
		if start < 0 || at+start+1 >= len(data) {
			break
		}
		at += start + 1
		marker := data[at]
		if marker == 0xff { // a byte of filling; the marker is behind it
			continue
		}
		at++
		if marker == 0xd9 { // the end: what is behind it is nobody's picture
			break
		}
		if marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd8 { // within a scan, or without a length
			continue
		}
		if at+2 > len(data) {
			break
		}
		size := int(binary.BigEndian.Uint16(data[at:]))
		if size < 2 || at+size > len(data) {
			return head{}, evidence.Broken
		}
		segment := data[at+2 : at+size]
		at += size
		switch {
		case marker == 0xda:
			if scans++; scans > maxScans {
				return head{}, evidence.TooComplex
			}
		case marker == 0xe1 && bytes.HasPrefix(segment, exifStart) && h.orientation == 1:
			h.orientation = exifOrientation(segment[len(exifStart):])
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc: // a frame
			if h.width != 0 || len(segment) < 6 || len(segment) < 6+3*int(segment[5]) {
				return head{}, evidence.Broken
			}
			h.height, h.width = int(binary.BigEndian.Uint16(segment[1:])), int(binary.BigEndian.Uint16(segment[3:]))
			perPixel = samples(segment[6:][:3*int(segment[5])])
			if marker == 0xc2 { // progressive: the coefficients of all scans are held, four bytes each
				perPixel *= 5
			}
		}
	}
	if h.width == 0 || h.height == 0 || scans == 0 {
		return head{}, evidence.Broken
	}
	h.memory = int(float64(h.width*h.height) * perPixel)
	// Each block of 8 by 8 takes at least one bit.
	if h.width/8*(h.height/8) > 8*len(data) {
		return head{}, evidence.Broken
	}
	return h, nil
}

// samples returns how many samples a JPEG has for a pixel, from the sampling factors of its
// components: 1.5 for most photos.
func samples(components []byte) float64 {
	all, across, down := 0, 1, 1
	for ; len(components) >= 3; components = components[3:] {
		h, v := int(components[1]>>4), int(components[1]&15)
		all, across, down = all+h*v, max(across, h), max(down, v)
	}
	return float64(all) / float64(across*down)
}

// pngHead reads the header and the chunks of a PNG.
func pngHead(data []byte) (head, error) {
	h := head{orientation: 1}
	at := len(pngStart)
	for at+12 <= len(data) {
		size := int64(binary.BigEndian.Uint32(data[at:]))
		name := string(data[at+4 : at+8])
		if size > int64(len(data)-at-12) {
			break // what is cut off shows while it is decoded
		}
		content := data[at+8 : at+8+int(size)]
		at += 12 + int(size)
		switch name {
		case "IHDR":
			if h.width != 0 || len(content) != 13 {
				return head{}, evidence.Broken
			}
			width, height := binary.BigEndian.Uint32(content), binary.BigEndian.Uint32(content[4:])
			if width == 0 || height == 0 {
				return head{}, evidence.Broken
			}
			if width > maxDecoded || height > maxDecoded {
				return head{}, evidence.TooManyPixels
			}
			h.width, h.height = int(width), int(height)
			perPixel := 4
			if content[8] == 16 {
				perPixel = 8
			}
			if content[12] != 0 { // interlaced: each pass is a picture of its own
				perPixel *= 2
			}
			h.memory = h.width * h.height * perPixel
		case "eXIf":
			h.orientation = exifOrientation(content)
		case "IEND":
			at = len(data)
		}
	}
	if h.width == 0 {
		return head{}, evidence.Broken
	}
	return h, nil
}

// webPHead reads the size of a WebP, and its orientation.
func webPHead(data []byte, width, height int) head {
	h := head{width: width, height: height, memory: width * height * 8, orientation: 1}
	for at := 12; at+8 <= len(data); {
		size := int64(binary.LittleEndian.Uint32(data[at+4:]))
		if size > int64(len(data)-at-8) {
			break
		}
		if string(data[at:at+4]) == "EXIF" {
			h.orientation = exifOrientation(bytes.TrimPrefix(data[at+8:at+8+int(size)], exifStart))
		}
		at += 8 + int(size) + int(size&1)
	}
	return h
}

var exifStart = []byte("Exif\x00\x00")

// The kinds of value in Exif data.
const (
	exifShort = 3
	exifLong  = 4
)

// exifOrientation reads the orientation of Exif data: 1 to 8, 1 where there is none.
func exifOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == 0x0112 {
			var o uint32
			switch order.Uint16(entries[2:]) {
			case exifShort:
				o = uint32(order.Uint16(entries[8:]))
			case exifLong:
				o = order.Uint32(entries[8:])
			}
			if o >= 1 && o <= 8 {
				return int(o)
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}
