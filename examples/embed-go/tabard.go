package main

/*
#cgo pkg-config: tabard
#include <stdlib.h>
#include <tabard_host.h>

// Go's functions, whose C prototypes cgo makes without const.
extern void goEntry(uintptr_t data, void *entry);
extern void goProblem(uintptr_t data, void *problem);

static void take_entry(void *data, const tabard_entry_v1 *entry) { goEntry((uintptr_t)data, (void *)entry); }
static void take_problem(void *data, const tabard_problem_v1 *problem) { goProblem((uintptr_t)data, (void *)problem); }

static tabard_sink_v1 sink(uintptr_t data)
{
    tabard_sink_v1 result = {sizeof result, 0, (void *)data, take_entry, take_problem};
    return result;
}

static tabard_status open_handle(tabard_str config, tabard_str application, uintptr_t data, tabard_handle **handle)
{
    tabard_sink_v1 problems = sink(data);
    tabard_open_options_v1 options = {0};
    options.struct_size = sizeof options;
    options.config_path = config;
    options.application = application;
    return tabard_open_v1(&options, &problems, handle);
}

static tabard_status resolve(tabard_handle *handle, tabard_str image, uintptr_t data)
{
    tabard_sink_v1 answers = sink(data);
    tabard_query_v1 query = {0};
    query.struct_size = sizeof query;
    query.image = image;
    query.cancel_fd = -1;
    return tabard_resolve_v1(handle, &query, &answers);
}
*/
import "C"

import (
	"errors"
	"runtime/cgo"
	"strings"
	"unsafe"
)

// Login is what a registry may accept.
type Login struct {
	ID                         uint64
	Username, Password, Source string
}

// Tabard is an open handle; it may be used by any goroutine.
type Tabard struct{ handle *C.tabard_handle }

type answer struct {
	logins   []Login
	problems []string
}

//export goEntry
func goEntry(data C.uintptr_t, entry unsafe.Pointer) {
	given := (*C.tabard_entry_v1)(entry)
	if given.kind != C.TABARD_ENTRY_BASIC {
		return
	}
	into := cgo.Handle(data).Value().(*answer)
	into.logins = append(into.logins, Login{uint64(given.id), text(given.username), text(given.password), text(given.source)})
}

//export goProblem
func goProblem(data C.uintptr_t, problem unsafe.Pointer) {
	into := cgo.Handle(data).Value().(*answer)
	into.problems = append(into.problems, text((*C.tabard_problem_v1)(problem).message))
}

func text(s C.tabard_str) string { return C.GoStringN(s.ptr, C.int(s.len)) }

// lend gives a string to C until the returned function is called; an empty one is absent.
func lend(s string) (C.tabard_str, func()) {
	if s == "" {
		return C.tabard_str{}, func() {}
	}
	copied := C.CString(s)
	return C.tabard_str{ptr: copied, len: C.size_t(len(s))}, func() { C.free(unsafe.Pointer(copied)) }
}

func collect(call func(data C.uintptr_t) C.tabard_status) (*answer, error) {
	found := &answer{}
	handle := cgo.NewHandle(found)
	defer handle.Delete()
	if call(C.uintptr_t(handle)) != C.TABARD_OK {
		return nil, errors.New(strings.Join(found.problems, "\n"))
	}
	return found, nil
}

// Open reads the configuration at that path, or the usual one when it is empty.
func Open(config string) (*Tabard, error) {
	path, freePath := lend(config)
	defer freePath()
	name, freeName := lend("embed-go/1.0")
	defer freeName()
	tabard := &Tabard{}
	_, err := collect(func(data C.uintptr_t) C.tabard_status { return C.open_handle(path, name, data, &tabard.handle) })
	return tabard, err
}

// Resolve gives what to log in with, best first; none means anonymously.
func (t *Tabard) Resolve(image string) ([]Login, error) {
	name, free := lend(image)
	defer free()
	found, err := collect(func(data C.uintptr_t) C.tabard_status { return C.resolve(t.handle, name, data) })
	if err != nil {
		return nil, err
	}
	return found.logins, nil
}

// Refused reports a 401; true when resolving again can bring something else.
func (t *Tabard) Refused(login Login) bool {
	return C.tabard_invalidate_v1(t.handle, C.uint64_t(login.ID)) == C.TABARD_OK
}

// Close ends the handle; no call may be running or follow.
func (t *Tabard) Close() { C.tabard_close_v1(t.handle) }
