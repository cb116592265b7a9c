#!/usr/bin/python3
"""Makes the fonts of the letters from Noto Serif CJK SC (Debian: fonts-noto-cjk): the
characters that a letter needs (Debian: unicode-data), with TrueType outlines
(Debian: python3-fonttools), since those are what each PDF can cut down again.

The other scripts of the country's languages come from Noto (Debian: fonts-noto-core), with
the tables by which their signs are joined, stacked and placed.

letter.ttf has both scripts and the syllables of Korean in daily use. latin.ttf has the Latin letters once more, with those
signs narrow that Chinese sets a whole character wide, such as quotation marks."""
import bz2

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

SOURCE = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"
SIMPLIFIED_CHINESE = 2  # its place in the collection
UNIHAN = "/usr/share/unicode/Unihan_OtherMappings.txt.bz2"

LATIN = [*range(0x20, 0x17F), *range(0x1CD, 0x1DD), *range(0x2010, 0x2040), 0x2212, 0xD7]


def of_charset(name, rows, cells):
    for row in rows:
        for cell in cells:
            try:
                yield ord(bytes([row, cell]).decode(name))
            except UnicodeDecodeError:
                pass


def both_scripts():
    # The 8105 characters of the list of 2013, which every new name is made of.
    with bz2.open(UNIHAN, "rt", encoding="utf-8") as lines:
        for line in lines:
            fields = line.split("\t")
            if len(fields) == 3 and fields[1] == "kTGH":
                yield int(fields[0][2:], 16)
    # All of GB 2312, and the traditional characters in daily use (Big5, level 1).
    yield from of_charset("gb2312", range(0xA1, 0xF8), range(0xA1, 0xFF))
    yield from of_charset("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)])
    # The 2350 Korean syllables of KS X 1001, and the letters alone.
    yield from of_charset("euc_kr", range(0xB0, 0xC9), range(0xA1, 0xFF))
    yield from range(0x3131, 0x318F)
    # Latin with its accents, and the signs of both scripts.
    for low, high in [(0x20, 0x17F), (0x1CD, 0x1DC), (0x2010, 0x205E), (0x20A0, 0x20BF), (0x2100, 0x214F),
                      (0x2160, 0x217F), (0x2190, 0x2199), (0x2200, 0x22FF), (0x2460, 0x24FF), (0x2500, 0x25FF),
                      (0x3000, 0x303F), (0xFF01, 0xFFEF)]:
        yield from range(low, high + 1)


def narrow(font):
    """Puts the narrow form of each sign where Chinese has the wide one."""
    gsub = font["GSUB"].table
    pairs = {}
    for record in gsub.FeatureList.FeatureRecord:
        if record.FeatureTag == "pwid":
            for index in record.Feature.LookupListIndex:
                for table in gsub.LookupList.Lookup[index].SubTable:
                    pairs.update(getattr(table, "ExtSubTable", table).mapping)
    for table in font["cmap"].tables:
        if table.isUnicode() and table.format in (4, 12):
            for code in LATIN:
                if table.cmap.get(code) in pairs:
                    table.cmap[code] = pairs[table.cmap[code]]


def make(path, name, codes, change=lambda font: None):
    font = TTFont(SOURCE, fontNumber=SIMPLIFIED_CHINESE)
    change(font)
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
                             drop_tables=["BASE", "GSUB", "GPOS", "GDEF", "VORG", "vhea", "vmtx", "DSIG"])
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[c for c in codes if c < 0x10000])  # the PDFs know no others
    cutter.subset(font)
    glyphs, order, outlines = font.getGlyphSet(), font.getGlyphOrder(), {}
    for glyph in order:
        pen = TTGlyphPen(glyphs)
        glyphs[glyph].draw(Cu2QuPen(pen, max_err=1.5, reverse_direction=True))
        outlines[glyph] = pen.glyph()
    glyf = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = order, outlines
    font["loca"], font["glyf"] = newTable("loca"), glyf
    maxp = font["maxp"]
    maxp.tableVersion, maxp.maxZones = 0x00010000, 1
    maxp.maxTwilightPoints = maxp.maxStorage = maxp.maxFunctionDefs = maxp.maxInstructionDefs = 0
    maxp.maxStackElements = maxp.maxSizeOfInstructions = maxp.maxComponentElements = 0
    font["post"].formatType = 3.0
    del font["CFF "]
    font.sfntVersion = "\x00\x01\x00\x00"
    # A changed font is known as one.
    for record in font["name"].names:
        if record.nameID in (1, 4):
            record.string = name
        elif record.nameID in (3, 6):
            record.string = name.replace(" ", "") + "-Regular"
    font["cmap"].tables = [t for t in font["cmap"].tables if t.platformID == 3 and t.format == 4]
    font["head"].created = font["head"].modified = 3_000_000_000  # the same bytes each time
    font.recalcTimestamp = False
    font.save(path)


make("letter.ttf", "Mingjing Letter Serif", both_scripts())
make("latin.ttf", "Mingjing Letter Latin", LATIN, narrow)


def copy(path, source, codes=None):
    """Makes a font smaller, and keeps what joins and places its signs."""
    font = TTFont("/usr/share/fonts/truetype/noto/" + source + "-Regular.ttf")
    options = subset.Options(layout_features=["*"], hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
                             drop_tables=["DSIG"])
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[c for c in codes or font.getBestCmap() if c < 0x10000])
    cutter.subset(font)
    font["head"].created = font["head"].modified = 3_000_000_000
    font.recalcTimestamp = False
    font.save(path)


# Cyrillic and Latin with marks, Tibetan, Uyghur and Kazakh, Mongolian and Manchu, Yi, Lisu, Dai.
copy("marks.ttf", "NotoSerif", [*range(0x20, 0x250), *range(0x300, 0x370), *range(0x400, 0x530), *range(0x1E00, 0x1F00), 0x25CC])
for path, source in [("tibetan.ttf", "NotoSerifTibetan"), ("arabic.ttf", "NotoNaskhArabic"), ("mongolian.ttf", "NotoSansMongolian"),
                     ("yi.ttf", "NotoSansYi"), ("lisu.ttf", "NotoSansLisu"), ("taile.ttf", "NotoSansTaiLe"),
                     ("newtailue.ttf", "NotoSansNewTaiLue")]:
    copy(path, source)
