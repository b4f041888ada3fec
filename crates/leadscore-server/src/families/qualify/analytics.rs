use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::ToSpan;
use jiff::civil;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::body::Query;
use crate::callers::Caller;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;
use crate::store::{AnalyticsSlot, SLOT_MILLIS};

/// The leads that were qualified in a period, each once with its latest qualification.
#[derive(Serialize, ToSchema)]
#[schema(as = QualificationAnalytics)]
pub(crate) struct Analytics {
    period: &'static str,
    total_leads: i64,
    by_tier: TierCounts,
    /// Null where there is no lead, as all averages are.
    avg_score: Option<f64>,
    /// In whole milliseconds.
    avg_processing_time_ms: Option<i64>,
    /// The share of these leads that have converted, 0 to 1.
    conversion_rate: Option<f64>,
    /// By hours, days, weeks or months of the time zone, the earliest first; those without a lead are left out.
    daily_breakdown: Vec<Bucket>,
}

/// How many leads of each tier.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct TierCounts {
    hot: i64,
    warm: i64,
    cold: i64,
}

/// The leads of an hour, a day, a week or a month.
#[derive(Serialize, ToSchema)]
#[schema(as = AnalyticsBucket)]
pub(crate) struct Bucket {
    /// Where it starts; of an hour with its time and offset from UTC.
    date: String,
    leads: i64,
    hot: i64,
    warm: i64,
    cold: i64,
}

/// Which leads, and how they are put together.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the documentation: the query is read by name")]
pub(crate) struct AnalyticsQuery {
    /// The time up to now: so many days of 24 hours, or all; 30 days where it is not said.
    #[param(inline)]
    period: Option<Period>,
    /// What a bucket is; a day where it is not said.
    #[param(inline)]
    group_by: Option<GroupBy>,
    /// The time zone of the days, such as `Europe/Berlin`.
    #[param(default = "UTC")]
    zone: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, ToSchema)]
pub(crate) enum Period {
    #[schema(rename = "7d")]
    Week,
    #[schema(rename = "30d")]
    Month,
    #[schema(rename = "90d")]
    Quarter,
    #[schema(rename = "all")]
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum GroupBy {
    Hour,
    Day,
    Week,
    Month,
}

const DAY_MILLIS: i64 = 86_400_000;

/// How many leads were qualified, with which tiers, scores and outcomes.
#[utoipa::path(get, path = "/api/analytics", operation_id = "qualification_analytics", params(AnalyticsQuery),
    responses((status = 200, body = Analytics)))]
pub(crate) async fn analytics(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    query: Query,
) -> Result<Json<Analytics>, Fault> {
    let period = choice(&query, "period", &Period::ALL, Period::Month, Period::as_str)?;
    let group_by = choice(&query, "group_by", &GroupBy::ALL, GroupBy::Day, GroupBy::as_str)?;
    let zone = match query.text("zone")? {
        None => TimeZone::UTC,
        Some(name) => zone(name)?,
    };
    // What is kept in this millisecond counts.
    let end = state.now().as_millis() + 1;
    let start = period.days().map_or(i64::MIN, |days| end - days * DAY_MILLIS);
    let mut sums = Sums::new(group_by, zone);
    state.store.qualification_slots(&caller.tenant, (start, end), |slot| sums.add(&slot)).await?;
    sums.finish(period).map(Json)
}

/// The value of a parameter that has few.
fn choice<T: Copy>(
    query: &Query,
    name: &str,
    all: &[T],
    default: T,
    as_str: impl Fn(T) -> &'static str,
) -> Result<T, Fault> {
    let Some(text) = query.text(name)? else { return Ok(default) };
    all.iter().copied().find(|own| as_str(*own) == text).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|own| as_str(*own)).collect();
        Fault::invalid(name, format!("must be one of {}", names.join(", ")))
    })
}

fn zone(name: &str) -> Result<TimeZone, Fault> {
    // `get` takes names of files as well; those of zones have no others than these letters.
    let is_name =
        name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte));
    let found = if is_name { TimeZone::get(name).ok() } else { None };
    found.ok_or_else(|| Fault::invalid("zone", "must be a time zone such as UTC or Europe/Berlin"))
}

/// The sums so far; slots come in the order of time.
struct Sums {
    group_by: GroupBy,
    zone: TimeZone,
    tiers: TierCounts,
    score: f64,
    processing_ms: i64,
    converted: i64,
    buckets: Vec<Bucket>,
    is_wrong: bool,
}

impl Sums {
    fn new(group_by: GroupBy, zone: TimeZone) -> Sums {
        Sums {
            group_by,
            zone,
            tiers: TierCounts::default(),
            score: 0.0,
            processing_ms: 0,
            converted: 0,
            buckets: Vec::new(),
            is_wrong: false,
        }
    }

    fn add(&mut self, slot: &AnalyticsSlot) {
        let Some(date) = self.date(slot.slot.saturating_mul(SLOT_MILLIS)) else {
            self.is_wrong = true;
            return;
        };
        if self.buckets.last().is_none_or(|last| last.date != date) {
            self.buckets.push(Bucket { date, leads: 0, hot: 0, warm: 0, cold: 0 });
        }
        let Some(bucket) = self.buckets.last_mut() else { return };
        let (total, own) = match slot.tier.as_str() {
            "HOT" => (&mut self.tiers.hot, &mut bucket.hot),
            "WARM" => (&mut self.tiers.warm, &mut bucket.warm),
            _ => (&mut self.tiers.cold, &mut bucket.cold),
        };
        *total += slot.leads;
        *own += slot.leads;
        bucket.leads += slot.leads;
        self.score += slot.score;
        self.processing_ms += slot.processing_ms;
        self.converted += slot.converted;
    }

    /// Where the bucket of a time starts.
    fn date(&self, millis: i64) -> Option<String> {
        let local = jiff::Timestamp::from_millisecond(millis).ok()?.to_zoned(self.zone.clone());
        let day = local.date();
        let start = match self.group_by {
            GroupBy::Hour => {
                let whole = local.strftime("%Y-%m-%dT%H:00:00");
                let is_utc = self.zone == TimeZone::UTC;
                // An hour that comes twice when clocks are set back is told by its offset.
                return Some(if is_utc {
                    format!("{whole}Z")
                } else {
                    format!("{whole}{}", local.strftime("%:z"))
                });
            }
            GroupBy::Day => day,
            GroupBy::Week => monday(day)?,
            GroupBy::Month => day.first_of_month(),
        };
        Some(start.to_string())
    }

    fn finish(self, period: Period) -> Result<Analytics, Fault> {
        if self.is_wrong {
            return Err(Fault::new(FaultKind::Internal, "a qualification has a time that is none"));
        }
        let total = self.tiers.hot + self.tiers.warm + self.tiers.cold;
        let mean = |sum: f64| (total > 0).then(|| sum / total as f64);
        Ok(Analytics {
            period: period.as_str(),
            total_leads: total,
            avg_score: mean(self.score),
            avg_processing_time_ms: mean(self.processing_ms as f64).map(|mean| mean.round() as i64),
            conversion_rate: mean(self.converted as f64),
            by_tier: self.tiers,
            daily_breakdown: self.buckets,
        })
    }
}

fn monday(day: civil::Date) -> Option<civil::Date> {
    day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).ok()
}

impl Period {
    const ALL: [Period; 4] = [Period::Week, Period::Month, Period::Quarter, Period::All];

    fn as_str(self) -> &'static str {
        match self {
            Period::Week => "7d",
            Period::Month => "30d",
            Period::Quarter => "90d",
            Period::All => "all",
        }
    }

    fn days(self) -> Option<i64> {
        match self {
            Period::Week => Some(7),
            Period::Month => Some(30),
            Period::Quarter => Some(90),
            Period::All => None,
        }
    }
}

impl GroupBy {
    const ALL: [GroupBy; 4] = [GroupBy::Hour, GroupBy::Day, GroupBy::Week, GroupBy::Month];

    fn as_str(self) -> &'static str {
        match self {
            GroupBy::Hour => "hour",
            GroupBy::Day => "day",
            GroupBy::Week => "week",
            GroupBy::Month => "month",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(group_by: GroupBy, name: &str, times: &[&str]) -> Vec<String> {
        let sums = Sums::new(group_by, zone(name).unwrap());
        let millis = |time: &&str| time.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        times.iter().map(|time| sums.date(millis(time)).unwrap()).collect()
    }

    #[test]
    fn buckets_of_a_time_zone() {
        // Clocks are set back on 25 October 2026 at 3 o'clock, so that 2 o'clock comes twice.
        let times =
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z"];
        assert_eq!(
            dates(GroupBy::Hour, "Europe/Berlin", &times[..2]),
            ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]
        );
        assert_eq!(dates(GroupBy::Day, "Europe/Berlin", &times[2..]), ["2026-10-24", "2026-10-25"]);
        assert_eq!(dates(GroupBy::Hour, "UTC", &times[..1]), ["2026-10-25T00:00:00Z"]);
        // A Sunday belongs to the week of the Monday before.
        assert_eq!(
            dates(GroupBy::Week, "UTC", &["2026-11-29T23:59:59Z", "2026-11-30T00:00:00Z"]),
            ["2026-11-23", "2026-11-30"]
        );
        // 18:15 UTC is midnight in Nepal.
        assert_eq!(
            dates(GroupBy::Month, "Asia/Kathmandu", &["2026-11-30T18:14:59Z", "2026-11-30T18:15:00Z"]),
            ["2026-11-01", "2026-12-01"]
        );
        for name in ["", "Mars/Olympus", "../../etc/passwd", "Europe/Berlin\0"] {
            assert!(zone(name).is_err(), "{name}");
        }
    }
}
