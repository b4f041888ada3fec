//! What is learned from, and how it is said.

use std::path::PathBuf;

use leadscore::AsOf;

use super::TrainJob;

impl TrainJob {
    /// Learns from a file of leads: CSV, JSON lines or JSON, also gzipped. Ages of dates are taken as of a time.
    pub fn new(input: impl Into<String>, as_of: AsOf) -> TrainJob {
        TrainJob {
            input: input.into(),
            as_of,
            target: None,
            positive: Vec::new(),
            id: None,
            weight: None,
            drop: Vec::new(),
            missing: Vec::new(),
            time: None,
            activities: None,
            horizon: None,
            every: None,
            start: None,
            ended: None,
            won_by: Vec::new(),
            lost_by: Vec::new(),
            valid: None,
            mapping: None,
            mapped: Vec::new(),
            threads: None,
        }
    }

    /// The same for another file of leads.
    #[must_use]
    pub fn input(mut self, path: impl Into<String>) -> TrainJob {
        self.input = path.into();
        self
    }

    /// The column that says what became of each lead; with a horizon the dates on which leads were won.
    #[must_use]
    pub fn target(mut self, column: impl Into<String>) -> TrainJob {
        self.target = Some(column.into());
        self
    }

    /// The values of the target column that mean won, where they are none of the known pairs such as yes and no.
    #[must_use]
    pub fn positive(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> TrainJob {
        self.positive.extend(values.into_iter().map(Into::into));
        self
    }

    /// The column of the leads' ids: it is not learned from, and rows of one lead are kept together.
    #[must_use]
    pub fn id(mut self, column: impl Into<String>) -> TrainJob {
        self.id = Some(column.into());
        self
    }

    /// The column of numbers from 0 up that say how much each row counts, while learning and in every measure; with a horizon each
    /// moment of the lead's. It is not learned from, and a row of weight 0 is as if it were not there.
    #[must_use]
    pub fn weight(mut self, column: impl Into<String>) -> TrainJob {
        self.weight = Some(column.into());
        self
    }

    /// Columns that are not learned from.
    #[must_use]
    pub fn drop(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> TrainJob {
        self.drop.extend(columns.into_iter().map(Into::into));
        self
    }

    /// A value of a column that means missing, such as 999 or `Select`.
    #[must_use]
    pub fn missing(mut self, column: impl Into<String>, value: impl Into<String>) -> TrainJob {
        self.missing.push((column.into(), value.into()));
        self
    }

    /// The column of dates as of which each lead is judged, instead of one moment for all. It is not learned from.
    #[must_use]
    pub fn time(mut self, column: impl Into<String>) -> TrainJob {
        self.time = Some(column.into());
        self
    }

    /// A log of the leads' activities: how many of each kind, and when, is learned from.
    #[must_use]
    pub fn activities(mut self, path: impl Into<PathBuf>) -> TrainJob {
        self.activities = Some(path.into());
        self
    }

    /// Learns who is won within so many days, from leads as of moments spread over their lives
    /// ([`leadscore::train::PointInTime`]). When a lead was won is said by the dates of the target column or by activities
    /// ([`TrainJob::won_by`]).
    #[must_use]
    pub fn horizon(mut self, days: f64) -> TrainJob {
        self.horizon = Some(days);
        self
    }

    /// The days between the moments of a lead; a third of the horizon by default.
    #[must_use]
    pub fn every(mut self, days: f64) -> TrainJob {
        self.every = Some(days);
        self
    }

    /// The column of dates on which leads came; a life begins with the first activity by default.
    #[must_use]
    pub fn start(mut self, column: impl Into<String>) -> TrainJob {
        self.start = Some(column.into());
        self
    }

    /// The column of dates on which leads were given up.
    #[must_use]
    pub fn ended(mut self, column: impl Into<String>) -> TrainJob {
        self.ended = Some(column.into());
        self
    }

    /// Kinds of activities by which a lead is won.
    #[must_use]
    pub fn won_by(mut self, kinds: impl IntoIterator<Item = impl Into<String>>) -> TrainJob {
        self.won_by.extend(kinds.into_iter().map(Into::into));
        self
    }

    /// Kinds of activities by which a lead is lost.
    #[must_use]
    pub fn lost_by(mut self, kinds: impl IntoIterator<Item = impl Into<String>>) -> TrainJob {
        self.lost_by.extend(kinds.into_iter().map(Into::into));
        self
    }

    /// A file of past leads to stop, calibrate and measure by, instead of folds; see [`leadscore::train::Trainer::fit_validated`].
    #[must_use]
    pub fn valid(mut self, path: impl Into<String>) -> TrainJob {
        self.valid = Some(path.into());
        self
    }

    /// A [`Mapping`](crate::Mapping) file: columns that the pipeline is to know by the names of other attributes. The same holds
    /// for the leads to validate by.
    #[must_use]
    pub fn mapping(mut self, path: impl Into<PathBuf>) -> TrainJob {
        self.mapping = Some(path.into());
        self
    }

    /// A column that the pipeline is to know as an attribute of another name, or that holds the leads' ids where the attribute is
    /// `lead_id`; it wins over the mapping file.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>, attribute: impl Into<String>) -> TrainJob {
        self.mapped.push((column.into(), attribute.into()));
        self
    }

    /// The most threads; one for each processor by default. What is learned does not depend on it.
    #[must_use]
    pub fn threads(mut self, count: usize) -> TrainJob {
        self.threads = Some(count);
        self
    }
}
