//! The model in use, which may be replaced while requests are answered.

use std::sync::{Arc, PoisonError, RwLock};

use super::model::{B2bModel, ModelError};
use super::model_file::ModelFile;

/// The model in use, or none while it is being loaded. Requests take a handle and keep it to their end.
///
/// ```
/// use leadscore_server::b2b::{current::CurrentModel, model::B2bModel};
/// let current = CurrentModel::default();
/// assert!(current.load().is_none());
/// current.replace(B2bModel::builtin()?);
/// assert_eq!(current.load().unwrap().version(), "1.0.0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct CurrentModel(RwLock<Option<Arc<B2bModel>>>);

impl CurrentModel {
    /// The model in use.
    pub fn load(&self) -> Option<Arc<B2bModel>> {
        // Nothing is done while the lock is held that could leave a model half written.
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a model to use.
    pub fn replace(&self, model: B2bModel) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(model));
    }

    /// Reads the model's file if it changed since it was last looked at, and puts what it holds to use; tells whether
    /// it did. `adapt` sees the model first, to give it other tiers for example. Reading a large model takes seconds, so
    /// this belongs on a thread that may block.
    ///
    /// # Errors
    /// Why the new file cannot be used. The model in use stays, and the same file is not read again.
    pub fn reload(
        &self,
        file: &mut ModelFile,
        adapt: impl FnOnce(B2bModel) -> Result<B2bModel, ModelError>,
    ) -> Result<bool, ModelError> {
        let Some(model) = file.load_if_changed()? else { return Ok(false) };
        self.replace(adapt(model)?);
        Ok(true)
    }
}
