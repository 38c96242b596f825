//! A plugin in Rust without crates: it asks a token service for the password of a registry, over the host's HTTP.
//!
//! Build: rustc --edition 2021 --crate-type cdylib -C panic=unwind -C opt-level=2 -o libtabard-rust.so plugin.rs

mod tabard;

use std::ffi::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;
use tabard::*;

/// What create() makes: the settings, copied, because what a host passes ends with the call.
struct TokenService {
    endpoint: String,
}

/// Why something failed: a status for the host, and one line for the operator.
struct Failure(i32, String);

impl TokenService {
    fn new(settings: &[(&str, &str)]) -> Result<TokenService, Failure> {
        let mut endpoint = None;
        for (key, value) in settings {
            match *key {
                "endpoint" => endpoint = Some(value.to_string()),
                key if key.starts_with("matchImages.") => {}
                key => return Err(Failure(E_INVALID, format!("there is no setting {key}, only endpoint"))),
            }
        }
        let endpoint = endpoint.ok_or_else(|| Failure(E_INVALID, "endpoint is missing: set the URL of the token service".into()))?;
        Ok(TokenService { endpoint })
    }

    fn provide(&self, registry: &str, call: &Call) -> Result<(), Failure> {
        let answer = call.get(&format!("{}?registry={}", self.endpoint, registry)).map_err(|(status, why)| Failure(status, why))?;
        match answer.status {
            200 => {}
            429 | 500..=599 => return Err(Failure(E_UNAVAILABLE, format!("the token service is busy (HTTP {})", answer.status))),
            status => return Err(Failure(E_DENIED, format!("the token service gave no password (HTTP {status})"))),
        }
        // The body is the host's memory, which it wipes; no copy of the secret is made here.
        if !call.add_basic_auth(registry, "node", answer.body) {
            return Err(Failure(E_BAD_RESPONSE, "what the token service sent cannot be a password".into()));
        }
        Ok(call.keep_for_registry(600_000_000_000))
    }
}

/// Runs `body` so that no panic reaches the host: unwinding through C is undefined.
fn guarded(call: &Call, body: impl FnOnce() -> Result<(), Failure>) -> i32 {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => OK,
        Ok(Err(Failure(status, reason))) => call.fail(status, &reason),
        Err(_) => call.fail(E_INTERNAL, "a bug in the plugin: it panicked"),
    }
}

unsafe extern "C" fn create(_: *const Provider, call: *const CallTable, config: *const Config, instance: *mut *mut c_void) -> i32 {
    let call = Call(call);
    guarded(&call, || {
        let settings = (*config).settings.pairs();
        *instance = Box::into_raw(Box::new(TokenService::new(&settings)?)) as *mut c_void;
        Ok(())
    })
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    if !instance.is_null() {
        drop(Box::from_raw(instance as *mut TokenService));
    }
}

unsafe extern "C" fn provide(instance: *mut c_void, request: *const Request, call: *const CallTable) -> i32 {
    let call = Call(call);
    guarded(&call, || {
        let service = &*(instance as *const TokenService);
        service.provide((*request).registry.text().unwrap_or(""), &call)
    })
}

static PATTERNS: [Str; 2] = [Str::of("registry.example.com"), Str::of("*.registry.example.com")];
static SETTINGS: [Setting; 1] = [Setting { key: Str::of("endpoint"), doc: Str::of("URL of the token service; required"), kind: SETTING_URL, flags: 0 }];

static PROVIDER: Provider = Provider {
    struct_size: std::mem::size_of::<Provider>() as u32,
    // Nothing of the instance changes, so calls may overlap.
    flags: PROVIDER_CONCURRENT,
    id: Str::of("example-rust"),
    title: Str::of("Registry passwords from our token service"),
    match_images: StrList { items: PATTERNS.as_ptr(), count: PATTERNS.len() },
    settings: SettingList { items: SETTINGS.as_ptr(), count: SETTINGS.len() },
    create,
    destroy,
    matches: None,
    provide,
    get_extension: None,
};

struct Providers([*const Provider; 1]);
// Points at a static that never changes.
unsafe impl Sync for Providers {}
static PROVIDERS: Providers = Providers([&PROVIDER]);

static PLUGIN: Plugin = Plugin {
    struct_size: std::mem::size_of::<Plugin>() as u32,
    abi_minor: ABI_MINOR,
    min_host_minor: 0,
    reserved: 0,
    version: Str::of("1.0.0"),
    vendor: Str::of("Example"),
    providers: PROVIDERS.0.as_ptr(),
    provider_count: 1,
};

/// The one exported symbol.
///
/// # Safety
/// Called by a host, with pointers that tabard.h promises.
#[no_mangle]
pub unsafe extern "C" fn tabard_plugin_entry_v1(_host: *const HostTable, plugin: *mut *const Plugin) -> i32 {
    ptr::write(plugin, &PLUGIN);
    OK
}
