package main

import (
	"context"
	"encoding/json"
	"errors"
	"syscall/js"

	"mingjing"
	"mingjing/app/logcheck"
)

// serve gives web/check.js a function that takes a task as JSON and returns a promise
// of the result as JSON.
func serve() {
	js.Global().Call("mingjingServe", js.FuncOf(func(_ js.Value, args []js.Value) any {
		task := args[0].String()
		return promise(func() (string, error) { return do(task) })
	}))
	select {}
}

func do(text string) (string, error) {
	var task mingjing.CheckTask
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		return "", err
	}
	data, err := json.Marshal(logcheck.Do(context.Background(), fetch, task))
	return string(data), err
}

// promise returns a promise of the result of work, which runs in a goroutine, so that
// the worker can handle events meanwhile.
func promise(work func() (string, error)) js.Value {
	var begin js.Func
	begin = js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve, reject := args[0], args[1]
		go func() {
			defer begin.Release()
			if result, err := work(); err != nil {
				reject.Invoke(err.Error())
			} else {
				resolve.Invoke(result)
			}
		}()
		return nil
	})
	return js.Global().Get("Promise").New(begin)
}

var errUnread = errors.New("the server was not reached, or refused")

// fetch reads a path of the server with the quiet header: a request that a page sends
// by itself is no use of the session.
func fetch(_ context.Context, path string) ([]byte, error) {
	headers := map[string]any{"Accept": "application/json", "Mingjing-Quiet": "1"}
	response, ok := await(js.Global().Call("fetch", path, map[string]any{"headers": headers, "credentials": "same-origin"}))
	if !ok || response.Get("status").Int() != 200 {
		return nil, errUnread
	}
	text, ok := await(response.Call("text"))
	if !ok {
		return nil, errUnread
	}
	return []byte(text.String()), nil
}

// await waits for a promise; ok is false when it was rejected.
func await(promise js.Value) (value js.Value, ok bool) {
	done := make(chan bool, 1)
	settle := func(well bool) js.Func {
		return js.FuncOf(func(_ js.Value, args []js.Value) any {
			if len(args) > 0 {
				value = args[0]
			}
			done <- well
			return nil
		})
	}
	yes, no := settle(true), settle(false)
	defer yes.Release()
	defer no.Release()
	promise.Call("then", yes, no)
	ok = <-done
	return value, ok
}
