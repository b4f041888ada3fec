//! The C APIs that are called, and the thread's CPU clock.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::{null, null_mut};

use libloading::{Library, Symbol};

type Handle = *mut c_void;

/// CPU seconds of this thread.
pub fn cpu_seconds() -> f64 {
    #[repr(C)]
    struct Time {
        seconds: i64,
        nanoseconds: i64,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: c_int, time: *mut Time) -> c_int;
    }
    const CLOCK_THREAD_CPUTIME_ID: c_int = 3;
    let mut time = Time { seconds: 0, nanoseconds: 0 };
    // SAFETY: the pointer is to a timespec.
    unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.seconds as f64 + time.nanoseconds as f64 * 1e-9
}

/// A library that stays loaded.
fn open(path: impl AsRef<Path>) -> &'static Library {
    // SAFETY: the file is the library the caller named.
    Box::leak(Box::new(unsafe { Library::new(path.as_ref()) }.expect("a library")))
}

fn symbol<T>(library: &'static Library, name: &str) -> Symbol<'static, T> {
    // SAFETY: the type is the one of the library's header.
    unsafe { library.get(name.as_bytes()) }.expect(name)
}

fn text(path: &Path) -> CString {
    CString::new(path.to_str().expect("a path")).expect("a path")
}

type FromDense = unsafe extern "C" fn(
    Handle,
    *const c_char,
    *const c_char,
    Handle,
    *mut *const u64,
    *mut u64,
    *mut *const f32,
) -> c_int;
type FromMatrix =
    unsafe extern "C" fn(Handle, Handle, *const c_char, *mut *const u64, *mut u64, *mut *const f32) -> c_int;

pub struct XgBoost {
    library: &'static Library,
    booster: Handle,
    from_dense: Symbol<'static, FromDense>,
    from_matrix: Symbol<'static, FromMatrix>,
}

impl XgBoost {
    pub fn new(library: &str, model: &Path) -> XgBoost {
        let library = open(library);
        let create: Symbol<unsafe extern "C" fn(*const Handle, u64, *mut Handle) -> c_int> =
            symbol(library, "XGBoosterCreate");
        let load: Symbol<unsafe extern "C" fn(Handle, *const c_char) -> c_int> =
            symbol(library, "XGBoosterLoadModel");
        let set: Symbol<unsafe extern "C" fn(Handle, *const c_char, *const c_char) -> c_int> =
            symbol(library, "XGBoosterSetParam");
        let version: Symbol<unsafe extern "C" fn(*mut c_int, *mut c_int, *mut c_int)> =
            symbol(library, "XGBoostVersion");
        let mut booster = null_mut();
        let (mut a, mut b, mut c) = (0, 0, 0);
        // SAFETY: as in xgboost/c_api.h.
        unsafe {
            assert_eq!(create(null(), 0, &raw mut booster), 0);
            assert_eq!(load(booster, text(model).as_ptr()), 0);
            assert_eq!(set(booster, c"nthread".as_ptr(), c"1".as_ptr()), 0);
            version(&raw mut a, &raw mut b, &raw mut c);
        }
        println!("XGBoost {a}.{b}.{c}");
        let from_dense = symbol(library, "XGBoosterPredictFromDense");
        let from_matrix = symbol(library, "XGBoosterPredictFromDMatrix");
        XgBoost { library, booster, from_dense, from_matrix }
    }

    /// The text that tells XGBoost where rows lie.
    pub fn array(&self, rows: &[f32], columns: usize) -> CString {
        let (at, count) = (rows.as_ptr() as usize, rows.len() / columns);
        CString::new(format!(
            r#"{{"data":[{at},true],"shape":[{count},{columns}],"strides":null,"typestr":"<f4","version":3}}"#
        ))
        .expect("no zero")
    }

    /// A DMatrix of rows; it lives as long as the process.
    pub fn matrix(&self, rows: &[f32], columns: usize) -> Handle {
        let create: Symbol<unsafe extern "C" fn(*const c_char, *const c_char, *mut Handle) -> c_int> =
            symbol(self.library, "XGDMatrixCreateFromDense");
        let mut matrix = null_mut();
        let config = c"{\"missing\":NaN,\"nthread\":1}";
        // SAFETY: as in xgboost/c_api.h; the rows outlive the call, which copies them.
        let code = unsafe { create(self.array(rows, columns).as_ptr(), config.as_ptr(), &raw mut matrix) };
        assert_eq!(code, 0);
        matrix
    }

    pub fn margins(&self, rows: &CStr) -> &[f32] {
        let config =
            c"{\"type\":1,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"missing\":NaN,\
            \"strict_shape\":false,\"cache_id\":0}";
        let (mut shape, mut dimensions, mut out) = (null(), 0, null());
        // SAFETY: as in xgboost/c_api.h; the result is valid until the next call.
        unsafe {
            let code = (self.from_dense)(
                self.booster,
                rows.as_ptr(),
                config.as_ptr(),
                null_mut(),
                &raw mut shape,
                &raw mut dimensions,
                &raw mut out,
            );
            assert_eq!(code, 0);
            result(shape, dimensions, out)
        }
    }

    #[allow(clippy::not_unsafe_ptr_arg_deref)] // only what `matrix` made comes here
    pub fn contributions(&self, matrix: &Handle) -> &[f32] {
        let config = c"{\"type\":2,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false}";
        let (mut shape, mut dimensions, mut out) = (null(), 0, null());
        // SAFETY: as in xgboost/c_api.h; the result is valid until the next call.
        unsafe {
            let code = (self.from_matrix)(
                self.booster,
                *matrix,
                config.as_ptr(),
                &raw mut shape,
                &raw mut dimensions,
                &raw mut out,
            );
            assert_eq!(code, 0);
            result(shape, dimensions, out)
        }
    }
}

/// SAFETY: the shape has that many dimensions, the result as many values as it says.
unsafe fn result<'a>(shape: *const u64, dimensions: u64, out: *const f32) -> &'a [f32] {
    unsafe {
        let count: u64 = std::slice::from_raw_parts(shape, dimensions as usize).iter().product();
        std::slice::from_raw_parts(out, count as usize)
    }
}

type ForMat = unsafe extern "C" fn(
    Handle,
    *const c_void,
    c_int,
    i32,
    i32,
    c_int,
    c_int,
    c_int,
    c_int,
    *const c_char,
    *mut i64,
    *mut f64,
) -> c_int;
type FastInit =
    unsafe extern "C" fn(Handle, c_int, c_int, c_int, c_int, i32, *const c_char, *mut Handle) -> c_int;
type Fast = unsafe extern "C" fn(Handle, *const c_void, *mut i64, *mut f64) -> c_int;

const DOUBLE: c_int = 1;
const RAW: c_int = 1;
const CONTRIBUTIONS: c_int = 3;

pub struct LightGbm {
    booster: Handle,
    columns: usize,
    for_mat: Symbol<'static, ForMat>,
    fast: Symbol<'static, Fast>,
    raw: Handle,
    contributions: Handle,
}

impl LightGbm {
    pub fn new(library: &str, model: &Path, columns: usize) -> LightGbm {
        let library = open(library);
        let create: Symbol<unsafe extern "C" fn(*const c_char, *mut c_int, *mut Handle) -> c_int> =
            symbol(library, "LGBM_BoosterCreateFromModelfile");
        let init: Symbol<FastInit> = symbol(library, "LGBM_BoosterPredictForMatSingleRowFastInit");
        let (mut rounds, mut booster) = (0, null_mut());
        let ready = |booster: Handle, kind: c_int| {
            let mut fast = null_mut();
            // SAFETY: as in LightGBM/c_api.h.
            let code = unsafe {
                init(booster, kind, 0, -1, DOUBLE, columns as i32, c"num_threads=1".as_ptr(), &raw mut fast)
            };
            assert_eq!(code, 0);
            fast
        };
        // SAFETY: as in LightGBM/c_api.h.
        assert_eq!(unsafe { create(text(model).as_ptr(), &raw mut rounds, &raw mut booster) }, 0);
        LightGbm {
            booster,
            columns,
            for_mat: symbol(library, "LGBM_BoosterPredictForMat"),
            fast: symbol(library, "LGBM_BoosterPredictForMatSingleRowFast"),
            raw: ready(booster, RAW),
            contributions: ready(booster, CONTRIBUTIONS),
        }
    }

    pub fn margins(&self, rows: &[f64], count: usize, out: &mut [f64]) {
        self.many(RAW, rows, count, out);
    }

    pub fn contributions(&self, rows: &[f64], count: usize, out: &mut [f64]) {
        self.many(CONTRIBUTIONS, rows, count, out);
    }

    fn many(&self, kind: c_int, rows: &[f64], count: usize, out: &mut [f64]) {
        let mut length = 0;
        // SAFETY: as in LightGBM/c_api.h; `out` has room for what is asked for.
        let code = unsafe {
            (self.for_mat)(
                self.booster,
                rows.as_ptr().cast(),
                DOUBLE,
                count as i32,
                self.columns as i32,
                1,
                kind,
                0,
                -1,
                c"num_threads=1".as_ptr(),
                &raw mut length,
                out.as_mut_ptr(),
            )
        };
        assert!(code == 0 && length as usize <= out.len());
    }

    pub fn margin(&self, row: &[f64]) {
        self.one(self.raw, row);
    }

    pub fn contributions_of_one(&self, row: &[f64]) {
        self.one(self.contributions, row);
    }

    fn one(&self, fast: Handle, row: &[f64]) {
        let (mut length, mut out) = (0, [0.0; 256]);
        assert!(self.columns < out.len());
        // SAFETY: as in LightGBM/c_api.h; `out` has room for every column and the bias.
        let code = unsafe { (self.fast)(fast, row.as_ptr().cast(), &raw mut length, out.as_mut_ptr()) };
        assert_eq!(code, 0);
        std::hint::black_box(out);
    }
}

/// A value as tl2cgen's code reads it: −1 is missing.
#[repr(C)]
#[derive(Clone, Copy)]
pub union Entry {
    missing: i32,
    value: f32,
}

type Predict = unsafe extern "C" fn(*mut Entry, c_int, *mut f32);

pub struct Tl2cgen {
    predict: Symbol<'static, Predict>,
}

impl Tl2cgen {
    pub fn new(library: &Path) -> Tl2cgen {
        Tl2cgen { predict: symbol(open(library), "predict") }
    }

    pub fn entries(values: &[f32]) -> Vec<Entry> {
        let entry =
            |value: &f32| if value.is_nan() { Entry { missing: -1 } } else { Entry { value: *value } };
        values.iter().map(entry).collect()
    }

    pub fn margins(&self, rows: &mut [Entry], columns: usize) {
        for row in rows.chunks_exact_mut(columns) {
            let mut out = 0.0;
            // SAFETY: as in the generated header.h; the models have as many columns and one output.
            unsafe { (self.predict)(row.as_mut_ptr(), 1, &raw mut out) };
            std::hint::black_box(out);
        }
    }
}
