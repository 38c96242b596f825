//! tabard.h 1.0 in Rust, as far as this plugin needs it. Field for field the header's order; statuses are `i32`, because numbers that
//! this file does not know may arrive and a Rust enum must not hold them.

use std::os::raw::{c_char, c_void};

pub const ABI_MINOR: u32 = 0;
pub const OK: i32 = 0;
pub const E_INTERNAL: i32 = -1;
pub const E_INVALID: i32 = -2;
pub const E_UNSUPPORTED: i32 = -4;
pub const E_DENIED: i32 = -6;
pub const E_UNAVAILABLE: i32 = -7;
pub const E_BAD_RESPONSE: i32 = -8;
pub const SETTING_URL: i32 = 5;
pub const PROVIDER_CONCURRENT: u32 = 1;
const AUTH_BASIC: i32 = 1;
const CACHE_KEY_REGISTRY: i32 = 2;
const HTTP: &str = "tabard.http/1";

/// Pointer and length; a NULL pointer means "absent".
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    ptr: *const c_char,
    len: usize,
}
// Whoever shares one promises that the bytes stay.
unsafe impl Sync for Str {}

impl Str {
    pub const fn of(text: &str) -> Str {
        Str { ptr: text.as_ptr() as *const c_char, len: text.len() }
    }
    pub const ABSENT: Str = Str { ptr: std::ptr::null(), len: 0 };

    /// # Safety
    /// The bytes are valid as long as the result is used.
    pub unsafe fn text(&self) -> Option<&str> {
        if self.ptr.is_null() {
            return None;
        }
        std::str::from_utf8(std::slice::from_raw_parts(self.ptr as *const u8, self.len)).ok()
    }
}

#[repr(C)]
pub struct StrList {
    pub items: *const Str,
    pub count: usize,
}

#[repr(C)]
pub struct KeyValue {
    key: Str,
    value: Str,
}

#[repr(C)]
pub struct KeyValueList {
    items: *const KeyValue,
    count: usize,
}

impl KeyValueList {
    /// # Safety
    /// The list is valid as long as the result is used.
    pub unsafe fn pairs(&self) -> Vec<(&str, &str)> {
        if self.count == 0 {
            return Vec::new();
        }
        let items = std::slice::from_raw_parts(self.items, self.count);
        items.iter().map(|item| (item.key.text().unwrap_or(""), item.value.text().unwrap_or(""))).collect()
    }
}

#[repr(C)]
pub struct Setting {
    pub key: Str,
    pub doc: Str,
    pub kind: i32,
    pub flags: u32,
}

#[repr(C)]
pub struct SettingList {
    pub items: *const Setting,
    pub count: usize,
}

#[repr(C)]
pub struct HostTable {
    struct_size: u32,
    abi_minor: u32,
    host_data: *mut c_void,
    name: Str,
    version: Str,
    log: unsafe extern "C" fn(*const HostTable, i32, *const c_char, usize),
    log_enabled: unsafe extern "C" fn(*const HostTable, i32) -> u32,
    monotonic_ns: unsafe extern "C" fn(*const HostTable) -> i64,
    unix_time_ns: unsafe extern "C" fn(*const HostTable) -> i64,
    get_extension: unsafe extern "C" fn(*const HostTable, *const c_char, usize) -> *const c_void,
}

#[repr(C)]
pub struct Request {
    struct_size: u32,
    flags: u32,
    image: Str,
    pub registry: Str,
    repository: Str,
    service_account_token: Str,
    service_account_annotations: KeyValueList,
}

#[repr(C)]
struct Auth {
    struct_size: u32,
    kind: i32,
    registry: Str,
    username: Str,
    password: Str,
}

#[repr(C)]
struct Cache {
    struct_size: u32,
    key: i32,
    duration_ns: i64,
    expires_at_unix_ns: i64,
    refresh_at_unix_ns: i64,
}

#[repr(C)]
struct Error {
    struct_size: u32,
    status: i32,
    http_status: i32,
    reserved: u32,
    retry_after_ns: i64,
    message: Str,
    advice: Str,
}

#[repr(C)]
pub struct CallTable {
    struct_size: u32,
    flags: u32,
    call_data: *mut c_void,
    host: *const HostTable,
    id: u64,
    deadline_ns: i64,
    cancel_fd: i32,
    reserved: u32,
    is_cancelled: unsafe extern "C" fn(*const CallTable) -> u32,
    sleep_until: unsafe extern "C" fn(*const CallTable, i64) -> i32,
    add_auth: unsafe extern "C" fn(*const CallTable, *const Auth) -> i32,
    set_cache: unsafe extern "C" fn(*const CallTable, *const Cache) -> i32,
    set_error: unsafe extern "C" fn(*const CallTable, *const Error),
}

#[repr(C)]
pub struct Config {
    struct_size: u32,
    reserved: u32,
    pub settings: KeyValueList,
}

#[repr(C)]
pub struct Provider {
    pub struct_size: u32,
    pub flags: u32,
    pub id: Str,
    pub title: Str,
    pub match_images: StrList,
    pub settings: SettingList,
    pub create: unsafe extern "C" fn(*const Provider, *const CallTable, *const Config, *mut *mut c_void) -> i32,
    pub destroy: unsafe extern "C" fn(*mut c_void),
    pub matches: Option<unsafe extern "C" fn(*mut c_void, *const Request) -> i32>,
    pub provide: unsafe extern "C" fn(*mut c_void, *const Request, *const CallTable) -> i32,
    pub get_extension: Option<unsafe extern "C" fn(*const Provider, *const c_char, usize) -> *const c_void>,
}
unsafe impl Sync for Provider {}
unsafe impl Sync for Setting {}

#[repr(C)]
pub struct Plugin {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub min_host_minor: u32,
    pub reserved: u32,
    pub version: Str,
    pub vendor: Str,
    pub providers: *const *const Provider,
    pub provider_count: usize,
}
unsafe impl Sync for Plugin {}

#[repr(C)]
struct HttpRequest {
    struct_size: u32,
    flags: u32,
    method: Str,
    url: Str,
    headers: KeyValueList,
    body: Str,
    timeout_ns: i64,
    max_body: u64,
}

#[repr(C)]
struct HttpResponse {
    struct_size: u32,
    status: i32,
    headers: KeyValueList,
    body: Str,
    failure: Str,
}

#[repr(C)]
struct Http {
    struct_size: u32,
    reserved: u32,
    perform: unsafe extern "C" fn(*const CallTable, *const HttpRequest, *mut HttpResponse) -> i32,
}

/// An answer: `body` is the host's, until the call returns.
pub struct Answer {
    pub status: i32,
    pub body: Str,
}

/// The call that is running: the host's functions, for as long as it lasts.
pub struct Call(pub *const CallTable);

impl Call {
    /// One GET through the host: its proxies, certificates, deadline and size limits hold.
    pub fn get(&self, url: &str) -> Result<Answer, (i32, String)> {
        // Every pointer below is valid until the call returns, as tabard.h promises.
        unsafe {
            let host = (*self.0).host;
            let http = ((*host).get_extension)(host, HTTP.as_ptr() as *const c_char, HTTP.len()) as *const Http;
            if http.is_null() {
                return Err((E_UNSUPPORTED, format!("this host has no HTTP ({HTTP})")));
            }
            let none = || KeyValueList { items: std::ptr::null(), count: 0 };
            let request = HttpRequest {
                struct_size: std::mem::size_of::<HttpRequest>() as u32,
                flags: 0,
                method: Str::of("GET"),
                url: Str::of(url),
                headers: none(),
                body: Str::ABSENT,
                timeout_ns: 0,
                max_body: 65_536,
            };
            let mut response = HttpResponse {
                struct_size: std::mem::size_of::<HttpResponse>() as u32,
                status: 0,
                headers: none(),
                body: Str::ABSENT,
                failure: Str::ABSENT,
            };
            let status = ((*http).perform)(self.0, &request, &mut response);
            if status < 0 {
                return Err((status, response.failure.text().unwrap_or("the token service cannot be asked").to_string()));
            }
            Ok(Answer { status: response.status, body: response.body })
        }
    }

    /// Whether the host took the entry.
    pub fn add_basic_auth(&self, registry: &str, username: &str, password: Str) -> bool {
        let auth = Auth {
            struct_size: std::mem::size_of::<Auth>() as u32,
            kind: AUTH_BASIC,
            registry: Str::of(registry),
            username: Str::of(username),
            password,
        };
        unsafe { ((*self.0).add_auth)(self.0, &auth) >= 0 }
    }

    /// Says that the answer holds for every image of the registry.
    pub fn keep_for_registry(&self, duration_ns: i64) {
        let cache = Cache {
            struct_size: std::mem::size_of::<Cache>() as u32,
            key: CACHE_KEY_REGISTRY,
            duration_ns,
            expires_at_unix_ns: 0,
            refresh_at_unix_ns: 0,
        };
        unsafe { ((*self.0).set_cache)(self.0, &cache) };
    }

    /// Explains a failure and gives its status back.
    pub fn fail(&self, status: i32, reason: &str) -> i32 {
        let error = Error {
            struct_size: std::mem::size_of::<Error>() as u32,
            status,
            http_status: 0,
            reserved: 0,
            retry_after_ns: -1,
            message: Str::of(reason),
            advice: Str::ABSENT,
        };
        unsafe { ((*self.0).set_error)(self.0, &error) };
        status
    }
}
