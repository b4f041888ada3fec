//! Past leads of their own to stop, calibrate and measure by.

use leadscore::{Dataset, Error, ErrorKind};

use super::rows::Rows;
use super::{TrainJob, columns, schema};
use crate::Notes;

impl TrainJob {
    /// The leads of the validation file, with the features of the training's, and how many rows could not be read.
    pub(super) fn validation(
        &self,
        draft: &schema::Draft,
        notes: &mut dyn Notes,
    ) -> Result<Option<(Dataset, u64)>, Error> {
        let Some(path) = &self.valid else { return Ok(None) };
        // What is dropped is known from the draft, and need not be in this file.
        let own = TrainJob { input: path.clone(), drop: Vec::new(), ..self.clone() };
        // What is wrong with the file itself is told with its name.
        let within = |error: Error| match error.kind() {
            ErrorKind::InvalidContext => error.within("valid"),
            _ => error,
        };
        let mapping = own.settled_mapping()?;
        let id = own.id_column(&mapping).map_err(within)?;
        let named = own.named_columns(id.as_deref(), &mapping);
        let file = columns::read(&own.input, &named, notes).map_err(within)?;
        let target = file.target.judge(&own.positive).map_err(within)?;
        target.notes.iter().for_each(|note| notes.assumed(note));
        let mut rows = Rows::labelled(&file.rows, &target.labels);
        own.dataset(draft, (&file, &mapping), &mut rows, notes).map(Some).map_err(within)
    }
}
