//! When things happened, as far as that tells whether an input fits the time that it is scored as of.

use leadscore::Timestamp;

use crate::wording::count;

/// Counts activities by whether they lie after the as-of time, and keeps the newest dates.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    as_of: Option<Timestamp>,
    newest_date: Option<Timestamp>,
    newest_activity: Option<Timestamp>,
    activity_count: u64,
    later_count: u64,
}

impl Times {
    /// Judges by an as-of time, if there is one.
    pub(super) fn new(as_of: Option<Timestamp>) -> Times {
        Times { as_of, ..Times::default() }
    }

    pub(super) fn add_activity(&mut self, at: Timestamp) {
        self.activity_count += 1;
        self.later_count += u64::from(self.as_of.is_some_and(|as_of| at > as_of));
        self.newest_activity = self.newest_activity.max(Some(at));
    }

    pub(super) fn add_date(&mut self, at: Timestamp) {
        self.newest_date = self.newest_date.max(Some(at));
    }

    /// The newest date or activity.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.newest_date.max(self.newest_activity)
    }

    /// Whether there are activities, and none of them counts.
    pub(super) fn is_all_later(&self) -> bool {
        self.later_count > 0 && self.later_count == self.activity_count
    }

    /// Whether there is an activity that counts.
    pub(super) fn has_counting(&self) -> bool {
        self.activity_count > self.later_count
    }

    /// What to say of activities after the as-of time; `whose` follows them, such as `of the log`.
    pub(super) fn message(&self, whose: &str) -> Option<String> {
        let (as_of, newest) = (self.as_of?, self.newest_activity?);
        (self.later_count > 0).then(|| {
            let (which, verb) = match (self.later_count, self.activity_count) {
                (1, 1) => (format!("the only activity {whose}"), "lies"),
                (later, all) if later == all => (format!("all {} activities {whose}", count(all)), "lie"),
                (1, all) => (format!("1 of the {} activities {whose}", count(all)), "lies"),
                (later, all) => (format!("{} of the {} activities {whose}", count(later), count(all)), "lie"),
            };
            let does = if verb == "lies" { "does" } else { "do" };
            format!(
                "{which} {verb} after the as-of time {as_of} and {does} not count; the newest is of {newest}; --as-of scores as of \
                 another time"
            )
        })
    }
}

/// A day and how many days it lies before or after another time.
pub(crate) fn day_and_distance(day: Timestamp, as_of: Timestamp) -> String {
    const MILLIS_PER_DAY: i64 = 86_400_000;
    let days = (as_of.as_millis() - day.as_millis()) / MILLIS_PER_DAY;
    let distance = match days {
        0 => return format!("{}, the day of the as-of time", day_of(day)),
        1.. => "before",
        _ => "after",
    };
    let noun = if days.abs() == 1 { "day" } else { "days" };
    format!("{}, {} {noun} {distance} the as-of time", day_of(day), count(days.unsigned_abs()))
}

fn day_of(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use leadscore::Zone;

    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text, &Zone::utc()).unwrap()
    }

    #[test]
    fn activities_after_the_as_of_time_are_counted() {
        let mut times = Times::new(Some(time("2020-01-01")));
        times.add_activity(time("2020-02-03"));
        assert!(times.is_all_later());
        let message = times.message("of the log").unwrap();
        assert!(message.starts_with("the only activity of the log lies after the as-of time"), "{message}");
        times.add_activity(time("2019-02-03"));
        assert!(!times.is_all_later());
        let message = times.message("of the log").unwrap();
        assert!(message.starts_with("1 of the 2 activities of the log lies after"), "{message}");
        assert!(message.contains("does not count; the newest is of 2020-02-03T00:00:00Z"), "{message}");
        assert_eq!(Times::default().message("of the log"), None);
    }

    #[test]
    fn days_before_and_after() {
        let as_of = time("2020-01-01");
        assert_eq!(
            day_and_distance(time("2010-01-01"), as_of),
            "2010-01-01, 3,652 days before the as-of time"
        );
        assert_eq!(day_and_distance(time("2020-01-02"), as_of), "2020-01-02, 1 day after the as-of time");
        assert_eq!(day_and_distance(as_of, as_of), "2020-01-01, the day of the as-of time");
    }
}
