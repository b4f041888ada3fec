//! Charts as SVG within a page, whose colours they take.

use std::fmt::Write as _;

use leadscore::evaluate::{Bin, Dependence, LevelPoints, ScoreBin, SharePoint};

use super::super::{Escaped, cut, signed};
use crate::wording::{count, counted};

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 290.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 46.0;
/// The 97.5th percentile of the normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;
/// The most levels in a chart, and how many letters of one there is room for.
const LEVELS: usize = 8;
const LETTERS: usize = 16;

/// A chart with axes.
struct Plot {
    out: String,
    x: [f64; 2],
    y: [f64; 2],
}

impl Plot {
    fn new(about: &str, x: [f64; 2], y: [f64; 2]) -> Plot {
        let mut out = String::new();
        let _ = write!(
            out,
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            Escaped(about)
        );
        Plot { out, x, y }
    }

    fn at_x(&self, value: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (value - self.x[0]) / (self.x[1] - self.x[0])
    }

    fn at_y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - self.y[0]) / (self.y[1] - self.y[0])
    }

    /// Lines and numbers at some values, and what the axes are of.
    fn axes(&mut self, [x, y]: [&str; 2], marks: [&[f64]; 2], show: [fn(f64) -> String; 2]) {
        for mark in marks[1] {
            let at = self.at_y(*mark);
            let _ = write!(
                self.out,
                "<path class=\"g\" d=\"M{LEFT} {at:.1}H{:.1}\"/><text class=\"m\" x=\"{:.1}\" y=\"{:.1}\" \
                 text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                at + 4.0,
                Escaped(&show[1](*mark))
            );
        }
        for mark in marks[0] {
            let at = self.at_x(*mark);
            let _ = write!(
                self.out,
                "<path class=\"g\" d=\"M{at:.1} {TOP}V{:.1}\"/><text class=\"m\" x=\"{at:.1}\" y=\"{:.1}\" \
                 text-anchor=\"middle\">{}</text>",
                HEIGHT - BOTTOM,
                HEIGHT - BOTTOM + 17.0,
                Escaped(&show[0](*mark))
            );
        }
        let _ = write!(
            self.out,
            "<text class=\"a\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text class=\"a\" transform=\"translate(12 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            f64::midpoint(LEFT, WIDTH - RIGHT),
            HEIGHT - 8.0,
            Escaped(x),
            f64::midpoint(TOP, HEIGHT - BOTTOM),
            Escaped(y)
        );
    }

    fn line(&mut self, class: &str, points: impl IntoIterator<Item = (f64, f64)>) {
        let mut path = String::new();
        for (x, y) in points {
            let command = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{command}{:.1} {:.1}", self.at_x(x), self.at_y(y));
        }
        let _ = write!(self.out, "<path class=\"{class}\" d=\"{path}\"/>");
    }

    fn bar(&mut self, class: &str, [from, to]: [f64; 2], [low, high]: [f64; 2]) {
        let (left, right) = (self.at_x(from) + 0.8, self.at_x(to) - 0.8);
        let (top, bottom) = (self.at_y(high), self.at_y(low));
        let _ = write!(
            self.out,
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            (right - left).max(0.5),
            (bottom - top).max(0.0)
        );
    }

    fn dot(&mut self, class: &str, (x, y): (f64, f64), radius: f64) {
        let (x, y) = (self.at_x(x), self.at_y(y));
        let _ = write!(self.out, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"/>");
    }

    fn finish(mut self) -> String {
        self.out.push_str("</svg>");
        self.out
    }
}

const QUARTERS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Shares of won leads over another share, beside those of the first pipeline, and of chance.
pub(super) fn curve(
    about: &str,
    axes: [&str; 2],
    own: &[SharePoint],
    first: Option<&[SharePoint]>,
) -> String {
    let mut plot = Plot::new(about, [0.0, 1.0], [0.0, 1.0]);
    plot.axes(axes, [&QUARTERS, &QUARTERS], [percent, percent]);
    plot.line("chance", [(0.0, 0.0), (1.0, 1.0)]);
    if let Some(first) = first {
        plot.line("first", first.iter().map(|point| (point.x, point.y)));
    }
    plot.line("own", own.iter().map(|point| (point.x, point.y)));
    plot.finish()
}

/// Whether of leads with a probability as many are won, each step with the range that chance explains.
pub(super) fn reliability(bins: &[Bin]) -> String {
    let about = "Share of won leads by probability: on the dashed line probabilities are right";
    let mut plot = Plot::new(about, [0.0, 1.0], [0.0, 1.0]);
    plot.axes(["Probability", "Won"], [&QUARTERS, &QUARTERS], [percent, percent]);
    plot.line("chance", [(0.0, 0.0), (1.0, 1.0)]);
    for bin in bins {
        let apart = NORMAL * (bin.predicted * (1.0 - bin.predicted) / bin.count as f64).sqrt();
        let range = [bin.predicted - apart, bin.predicted + apart].map(|own| own.clamp(0.0, 1.0));
        plot.line("range", range.map(|y| (bin.predicted, y)));
    }
    plot.line("own thin", bins.iter().map(|bin| (bin.predicted, bin.won)));
    for bin in bins {
        plot.dot("own", (bin.predicted, bin.won), 3.5);
    }
    plot.finish()
}

/// How many won and lost leads have which scores.
pub(super) fn histogram(bins: &[ScoreBin]) -> String {
    let most = bins.iter().map(|bin| bin.won + bin.lost).max().unwrap_or(0).max(1) as f64;
    let marks = marks([0.0, most], 4);
    // Up to the next number on the axis.
    let high = marks.get(1).map_or(most, |step| (most / step).ceil() * step);
    let about = "How many won and lost leads have which scores";
    let mut plot = Plot::new(about, [0.0, 100.0], [0.0, high]);
    plot.axes(["Score", "Leads"], [&[0.0, 20.0, 40.0, 60.0, 80.0, 100.0], &marks], [number, number]);
    for bin in bins {
        let (won, all) = (bin.won as f64, (bin.won + bin.lost) as f64);
        if all > 0.0 {
            plot.bar("won", [bin.from, bin.to], [0.0, won]);
            plot.bar("lost", [bin.from, bin.to], [won, all]);
        }
    }
    plot.finish()
}

/// How points hang on a value: a point for each lead, or a bar for each level.
pub(super) fn dependence(own: &Dependence) -> String {
    if own.leads.is_empty() { levels(own) } else { numbers(own) }
}

fn numbers(own: &Dependence) -> String {
    let values: Vec<f64> = own.leads.iter().map(|lead| lead.value).collect();
    let [low, high] = axis_of(&values);
    let points = own.leads.iter().map(|lead| lead.points);
    let (least, most) = points.fold((0.0_f64, 0.0_f64), |(a, b), own| (a.min(own), b.max(own)));
    let (x, y) = (marks([low, high], 4), marks([least, most], 5));
    let about = format!("Points of {} by its value", own.label);
    let range = |marks: &[f64], [low, high]: [f64; 2]| {
        let ends = [marks.first(), marks.last()].map(Option::<&f64>::copied);
        [low.min(ends[0].unwrap_or(low)), high.max(ends[1].unwrap_or(high))]
    };
    let mut plot = Plot::new(&about, range(&x, [low, high]), range(&y, [least, most]));
    plot.axes(["Value", "Points"], [&x, &y], [number, number]);
    plot.line("zero", plot.x.map(|x| (x, 0.0)));
    for lead in own.leads.iter().filter(|lead| (plot.x[0]..=plot.x[1]).contains(&lead.value)) {
        let (x, y) = (plot.at_x(lead.value), plot.at_y(lead.points));
        let class = if lead.points < 0.0 { "less" } else { "more" };
        let _ = write!(plot.out, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\"/>");
    }
    plot.finish()
}

/// From the 1st to the 99th percentile, where few values lie far away, and else from the lowest to the highest.
fn axis_of(sorted: &[f64]) -> [f64; 2] {
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    let (low, high, first, last) = (at(0.01), at(0.99), at(0.0), at(1.0));
    let apart = (high - low).max(1e-9);
    let low = if low - first > apart { low } else { first };
    let high = if last - high > apart { high } else { last };
    if low < high { [low, high] } else { [low - 0.5, high + 0.5] }
}

fn levels(own: &Dependence) -> String {
    let shown: Vec<&LevelPoints> = own.levels.iter().take(LEVELS).collect();
    let means = shown.iter().map(|level| level.mean_points);
    let (least, most) = means.fold((0.0_f64, 0.0_f64), |(a, b), own| (a.min(own), b.max(own)));
    let about = format!("Mean points of {} by its value", own.label);
    let row = (HEIGHT - TOP - 20.0) / LEVELS as f64;
    let height = TOP + 20.0 + row * shown.len() as f64;
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {height:.1}\" role=\"img\" aria-label=\"{}\">",
        Escaped(&about)
    );
    let (left, width) = (142.0, WIDTH - 142.0 - 112.0);
    let at = |points: f64| left + width * (points - least) / (most - least).max(1e-9);
    let _ = write!(out, "<path class=\"zero\" d=\"M{:.1} {TOP}V{:.1}\"/>", at(0.0), height - 16.0);
    for (place, level) in shown.iter().enumerate() {
        let top = TOP + row * place as f64;
        let (from, to) = (at(0.0).min(at(level.mean_points)), at(0.0).max(at(level.mean_points)));
        let class = if level.mean_points < 0.0 { "less" } else { "more" };
        let _ = write!(
            out,
            "<text class=\"l\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{class}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\"/>\
             <text class=\"m\" x=\"{:.1}\" y=\"{:.1}\">{} ({})</text>",
            left - 8.0,
            top + row * 0.5 + 4.0,
            Escaped(&cut(&level.level, LETTERS)),
            top + 4.0,
            (to - from).max(1.0),
            row - 8.0,
            to + 6.0,
            top + row * 0.5 + 4.0,
            signed(level.mean_points),
            count(level.leads as u64)
        );
    }
    out.push_str("</svg>");
    out
}

/// What the chart does not show, in words.
pub(super) fn beside(own: &Dependence) -> String {
    let mut said = Vec::new();
    if own.levels.len() > LEVELS {
        said.push(counted((own.levels.len() - LEVELS) as u64, "more value", "more values"));
    }
    let values: Vec<f64> = own.leads.iter().map(|lead| lead.value).collect();
    if !values.is_empty() {
        let [low, high] = axis_of(&values);
        let beyond = values.iter().filter(|value| !(low..=high).contains(*value)).count();
        if beyond > 0 {
            said.push(format!("{} beyond the axis", counted(beyond as u64, "lead", "leads")));
        }
    }
    if let Some(missing) = &own.missing {
        let leads = counted(missing.leads as u64, "lead", "leads");
        said.push(format!("not known of {leads}, {} points on average", signed(missing.mean_points)));
    }
    said.join("; ")
}

/// About so many round numbers within a range.
fn marks([low, high]: [f64; 2], wanted: usize) -> Vec<f64> {
    let step = (high - low) / wanted as f64;
    if !(step > 0.0 && step.is_finite()) {
        return vec![low];
    }
    let mut unit = 1.0;
    while unit * 10.0 <= step {
        unit *= 10.0;
    }
    while unit > step {
        unit /= 10.0;
    }
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|own| own * unit).find(|own| *own >= step).unwrap_or(step);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).take(20).map(|at| at as f64 * step).collect()
}

/// A number on an axis.
fn number(value: f64) -> String {
    let size = value.abs();
    let text = match size {
        _ if (1000.0..1e15).contains(&size) => count(size.round() as u64),
        _ if size.fract().abs() < 1e-9 => format!("{size:.0}"),
        _ if size >= 1.0 => format!("{size:.1}"),
        _ => {
            let text = format!("{size:.3}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if value < 0.0 && text != "0" { format!("−{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_within() {
        assert_eq!(marks([0.0, 100.0], 4), [0.0, 50.0, 100.0]);
        assert_eq!(marks([-3.2, 7.9], 5), [0.0, 5.0]);
        assert_eq!(marks([0.0, 0.07], 4), [0.0, 0.02, 0.04, 0.06]);
        assert_eq!(marks([5.0, 5.0], 4), [5.0]);
        assert_eq!(number(-12_500.0), "−12,500");
        assert_eq!((number(0.02), number(2.5), number(-0.0)), ("0.02".into(), "2.5".into(), "0".into()));
    }

    #[test]
    fn few_values_far_away_do_not_squeeze_the_others() {
        let mut values: Vec<f64> = (0..200).map(|own| f64::from(own % 10)).collect();
        values.sort_by(f64::total_cmp);
        assert_eq!(axis_of(&values), [0.0, 9.0]);
        values[199] = 251.0;
        assert_eq!(axis_of(&values), [0.0, 9.0]);
        assert_eq!(axis_of(&[3.0]), [2.5, 3.5]);
    }
}
