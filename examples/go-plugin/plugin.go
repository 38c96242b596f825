// A plugin in Go: it asks a token service for the password of a registry, over the host's HTTP.
//
// Build: CGO_CFLAGS=-I.../include go build -buildmode=c-shared -ldflags '-s -w -extldflags=-Wl,--version-script=../plugin.map' -o libtabard-go.so .
package main

/*
#include <stdlib.h>
#include <string.h>
#include "tabard.h"

// cgo cannot call a function pointer; these can.
static tabard_status go_get(const tabard_call_v1 *call, tabard_str url, tabard_http_response_v1 *response)
{
    const tabard_http_v1 *http = tabard_http(call->host);
    if (http == NULL) return TABARD_E_UNSUPPORTED;
    tabard_http_request_v1 request;
    memset(&request, 0, sizeof request);
    request.struct_size = sizeof request;
    request.method.ptr = "GET";
    request.method.len = 3;
    request.url = url;
    request.max_body = 65536;
    return tabard_http_perform(http, call, &request, response);
}

static tabard_status go_keep(const tabard_call_v1 *call, int64_t duration_ns)
{
    tabard_cache_v1 cache = {sizeof cache, TABARD_CACHE_KEY_REGISTRY, duration_ns, 0, 0};
    return call->set_cache(call, &cache);
}
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"strings"
	"unsafe"
)

// tokenService is what create makes: the settings, copied, because what a host passes ends with the call.
type tokenService struct {
	endpoint string
}

// failure is a status for the host and one line for the operator.
type failure struct {
	status C.tabard_status
	reason string
}

func text(s C.tabard_str) string {
	return C.GoStringN(s.ptr, C.int(s.len))
}

// guarded runs body so that no panic reaches the host, and explains what failed.
func guarded(call *C.tabard_call_v1, body func() *failure) (status C.tabard_status) {
	fail := func(f *failure) {
		reason := C.CString(f.reason)
		defer C.free(unsafe.Pointer(reason))
		status = C.tabard_fail(call, f.status, 0, reason, C.size_t(len(f.reason)))
	}
	defer func() {
		if recover() != nil {
			fail(&failure{C.TABARD_E_INTERNAL, "a bug in the plugin: it panicked"})
		}
	}()
	if f := body(); f != nil {
		fail(f)
	}
	return status
}

//export goCreate
func goCreate(call *C.tabard_call_v1, config *C.tabard_config_v1, handle *C.uintptr_t) C.tabard_status {
	return guarded(call, func() *failure {
		service := &tokenService{}
		for _, setting := range unsafe.Slice(config.settings.items, int(config.settings.count)) {
			switch key := text(setting.key); {
			case key == "endpoint":
				service.endpoint = text(setting.value)
			case strings.HasPrefix(key, "matchImages."):
			default:
				return &failure{C.TABARD_E_INVALID, fmt.Sprintf("there is no setting %s, only endpoint", key)}
			}
		}
		if service.endpoint == "" {
			return &failure{C.TABARD_E_INVALID, "endpoint is missing: set the URL of the token service"}
		}
		*handle = C.uintptr_t(cgo.NewHandle(service))
		return nil
	})
}

//export goDestroy
func goDestroy(handle C.uintptr_t) {
	if handle != 0 {
		cgo.Handle(handle).Delete()
	}
}

//export goProvide
func goProvide(handle C.uintptr_t, request *C.tabard_request_v1, call *C.tabard_call_v1) C.tabard_status {
	return guarded(call, func() *failure {
		service := cgo.Handle(handle).Value().(*tokenService)
		// In C memory, since the host writes pointers into it.
		response := (*C.tabard_http_response_v1)(C.calloc(1, C.sizeof_tabard_http_response_v1))
		defer C.free(unsafe.Pointer(response))
		url := service.endpoint + "?registry=" + text(request.registry)
		address := C.CString(url)
		defer C.free(unsafe.Pointer(address))
		status := C.go_get(call, C.tabard_str{ptr: address, len: C.size_t(len(url))}, response)
		switch {
		case status < 0:
			return &failure{status, "asking the token service: " + text(response.failure)}
		case response.status == 429 || response.status >= 500:
			return &failure{C.TABARD_E_UNAVAILABLE, fmt.Sprintf("the token service is busy (HTTP %d)", response.status)}
		case response.status != 200:
			return &failure{C.TABARD_E_DENIED, fmt.Sprintf("the token service gave no password (HTTP %d)", response.status)}
		}
		user := C.CString("node")
		defer C.free(unsafe.Pointer(user))
		// The body stays in the host's memory, which the host wipes; Go's heap never sees the secret.
		if C.tabard_add_basic_auth(call, request.registry, C.tabard_str{ptr: user, len: 4}, response.body) < 0 {
			return &failure{C.TABARD_E_BAD_RESPONSE, "what the token service sent cannot be a password"}
		}
		C.go_keep(call, 600_000_000_000)
		return nil
	})
}

// main is never called: a shared library has no beginning of its own, but Go wants one.
func main() {}
