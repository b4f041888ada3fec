//! A waterfall of one score: where every lead starts, what moved this one, and where it ends.

use std::fmt::Write as _;

use leadscore::{Prediction, TierScheme};

use super::{Escaped, Ledger, Line, cut, plain, signed};

/// The most lines between start and score; the smallest of more are shown as one.
const MOST_LINES: usize = 20;
const LINE: f64 = 26.0;
const TOP: f64 = 76.0;
const LEFT: f64 = 340.0;
const WIDTH: f64 = 360.0;
const ALL: f64 = LEFT + WIDTH + 90.0;
/// How many characters of a text there is room for.
const LETTERS: usize = 42;

/// Plain colours first, for viewers that know no more of CSS than that.
const STYLE: &str = "\
text{font:14px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;fill:#1d2129}\
.page{fill:#ffffff}.h{font-size:18px;font-weight:600}.s{fill:#5a6270;font-size:12px}.b{font-weight:600}\
.n{text-anchor:end;font-variant-numeric:tabular-nums;font-weight:600}.g{stroke:#e3e5ea}\
.j{stroke:#9aa1ad;stroke-dasharray:2 2}.base{fill:#9aa1ad}.for{fill:#1a7f4b}.against{fill:#c0392b}\
.limit{fill:url(#stripes);stroke:#8a6d1f}.stripe{stroke:#8a6d1f;stroke-width:3}.total{fill:#2457a6}\
@media(prefers-color-scheme:dark){text{fill:#eceef2}.page{fill:#16181d}.s{fill:#a5adba}.g{stroke:#2c3038}\
.j{stroke:#727a87}.base{fill:#727a87}.for{fill:#3fb27a}.against{fill:#ef7d70}.limit,.stripe{stroke:#d3ad4a}\
.total{fill:#6ea3f2}}";

/// The waterfall of a prediction as an SVG file of its own; none where it came without reasons. The tiers are those of the
/// pipeline that made it.
pub fn waterfall(prediction: &Prediction, title: &str, tiers: &TierScheme) -> Option<String> {
    let score = tiers.shown_score(prediction.score);
    let mut ledger = Ledger::new(prediction, &score)?;
    ledger.lines = shortened(ledger.lines);
    let scale = Axis::over(&ledger);
    let left_over = ledger.left_over();
    let lines = ledger.lines.len() + 2;
    let bottom = TOP + lines as f64 * LINE;
    let height = bottom + if left_over.is_some() { 44.0 } else { 26.0 };
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {ALL} {height}\" width=\"{ALL}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"title about\"><title id=\"title\">{}</title>\
         <desc id=\"about\">From {} points, where every lead starts, to a score of {score}.</desc>\
         <style>{STYLE}</style><defs><pattern id=\"stripes\" width=\"6\" height=\"6\" \
         patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path class=\"stripe\" d=\"M0 0V6\"/>\
         </pattern></defs><rect class=\"page\" width=\"{ALL}\" height=\"{height}\"/>\
         <text class=\"h\" x=\"20\" y=\"32\">{}</text>",
        Escaped(title),
        plain(ledger.baseline),
        Escaped(&cut(title, 76)),
    );
    let tier = prediction.tier.as_deref().map(|tier| format!("{tier}, ")).unwrap_or_default();
    let below = format!("{tier}{score} of 100");
    let _ = write!(out, "<text class=\"s\" x=\"20\" y=\"52\">{}</text>", Escaped(&cut(&below, 100)));
    scale.draw(&mut out, bottom);
    let mut sum = ledger.baseline;
    let mut row = Row { out: &mut out, scale: &scale, at: TOP };
    row.draw("Every lead starts at", "base", (0.0, sum), &plain(sum).to_string());
    for line in &ledger.lines {
        row.join(sum);
        let class = match line.points {
            _ if line.is_limit => "limit",
            points if points < 0.0 => "against",
            _ => "for",
        };
        row.draw(&line.text, class, (sum, sum + line.points), &signed(line.points).to_string());
        sum += line.points;
    }
    row.join(sum);
    row.draw("Score", "total", (0.0, ledger.score), &score);
    if let Some(left_over) = left_over {
        let _ = write!(
            out,
            "<text class=\"s\" x=\"20\" y=\"{}\">Each number is rounded to one decimal; rounding accounts for \
             {left_over}.</text>",
            bottom + 24.0
        );
    }
    out.push_str("</svg>\n");
    Some(out)
}

/// Puts the smallest lines together where there are too many; limits stay.
fn shortened(lines: Vec<Line>) -> Vec<Line> {
    if lines.len() <= MOST_LINES {
        return lines;
    }
    let mut sizes: Vec<f64> = lines.iter().filter(|l| !l.is_limit).map(|l| l.points.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let surplus = (lines.len() - MOST_LINES + 1).min(sizes.len());
    let bound = sizes.get(surplus.saturating_sub(1)).copied().unwrap_or(0.0);
    let (mut small, mut points) = (0, 0.0);
    let mut kept = Vec::with_capacity(MOST_LINES);
    for line in lines {
        if !line.is_limit && line.points.abs() <= bound && small < surplus {
            small += 1;
            points += line.points;
        } else {
            kept.push(line);
        }
    }
    let text = format!("{small} smaller ones");
    let at = kept.iter().position(|line| line.is_limit && line.group.is_none()).unwrap_or(kept.len());
    kept.insert(at, Line { group: None, text, points, is_limit: false });
    kept
}

/// From points to places on the picture.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// Over 0, 100 and everywhere the sum goes on its way.
    fn over(ledger: &Ledger) -> Axis {
        let mut sum = ledger.baseline;
        let (mut low, mut high) = (sum.min(0.0), sum.max(100.0));
        for line in &ledger.lines {
            sum += line.points;
            (low, high) = (low.min(sum), high.max(sum));
        }
        Axis { low, high }
    }

    fn x(&self, points: f64) -> f64 {
        LEFT + WIDTH * (points - self.low) / (self.high - self.low)
    }

    fn draw(&self, out: &mut String, bottom: f64) {
        let apart = WIDTH * 25.0 / (self.high - self.low);
        for mark in [0.0, 25.0, 50.0, 75.0, 100.0] {
            if apart < 30.0 && mark != 0.0 && mark != 100.0 {
                continue;
            }
            let x = self.x(mark);
            let _ = write!(
                out,
                "<path class=\"g\" d=\"M{x:.2} {}V{bottom}\"/>\
                 <text class=\"s\" x=\"{x:.2}\" y=\"{}\" text-anchor=\"middle\">{mark}</text>",
                TOP - 6.0,
                TOP - 11.0
            );
        }
    }
}

/// The next line of the picture.
struct Row<'a> {
    out: &'a mut String,
    scale: &'a Axis,
    at: f64,
}

impl Row<'_> {
    fn draw(&mut self, text: &str, class: &str, (from, to): (f64, f64), points: &str) {
        let (from, to) = (self.scale.x(from), self.scale.x(to));
        let width = (to - from).abs().max(1.0);
        let bold = if matches!(class, "base" | "total") { " class=\"b\"" } else { "" };
        let line = self.at + 18.0;
        let short = cut(text, LETTERS);
        let full = if short == text { String::new() } else { format!("<title>{}</title>", Escaped(text)) };
        let _ = write!(
            self.out,
            "<g><text{bold} x=\"20\" y=\"{line}\">{}{full}</text>\
             <rect class=\"{class}\" x=\"{:.2}\" y=\"{}\" width=\"{width:.2}\" height=\"{}\" rx=\"2\"/>\
             <text class=\"n\" x=\"{}\" y=\"{line}\">{points}</text></g>",
            Escaped(&short),
            from.min(to),
            self.at + 4.0,
            LINE - 8.0,
            ALL - 20.0,
        );
        self.at += LINE;
    }

    /// A dashed line from the bar above to the bar below.
    fn join(&mut self, sum: f64) {
        let x = self.scale.x(sum);
        let _ = write!(self.out, "<path class=\"j\" d=\"M{x:.2} {}V{}\"/>", self.at - 4.0, self.at + 4.0);
    }
}
