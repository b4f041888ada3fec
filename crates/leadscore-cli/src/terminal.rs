//! What the terminal can show: width, colour, and text cut to fit.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Colour and width of an output.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) width: usize,
    colour: bool,
}

impl Look {
    /// How standard output looks; a file gets neither colour nor the terminal's width.
    pub(crate) fn of_stdout(to_file: bool) -> Look {
        let terminal = std::io::stdout().is_terminal() && !to_file;
        let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = columns.or_else(|| if terminal { measured() } else { None }).unwrap_or(110);
        Look { width: width.clamp(40, 160), colour: wants_colour(terminal) && !to_file }
    }

    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// A tier's colour: the best green, the worst grey, by its position in the scheme.
    pub(crate) fn tier(self, text: &str, place: usize, of: usize) -> String {
        let colour = match (place, of) {
            (0, _) => AnsiColor::Green,
            (place, of) if place + 1 == of => AnsiColor::BrightBlack,
            (1, _) => AnsiColor::Yellow,
            _ => AnsiColor::Cyan,
        };
        self.paint(Style::new().fg_color(Some(colour.into())).bold(), text)
    }

    /// Green for positive points, red for negative ones.
    pub(crate) fn signed(self, text: &str, points: f64) -> String {
        let colour = if points < 0.0 { AnsiColor::Red } else { AnsiColor::Green };
        self.paint(Style::new().fg_color(Some(colour.into())), text)
    }
}

fn wants_colour(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") {
        return false;
    }
    terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb") || set("CLICOLOR_FORCE")
}

/// The word that opens an error message.
pub(crate) fn paint_error(text: &str) -> String {
    painted(text, AnsiColor::Red)
}

/// The word that opens a warning.
pub(crate) fn paint_warning(text: &str) -> String {
    painted(text, AnsiColor::Yellow)
}

fn painted(text: &str, colour: AnsiColor) -> String {
    if wants_colour(std::io::stderr().is_terminal()) {
        let style = Style::new().fg_color(Some(colour.into())).bold();
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}

/// The text truncated or padded to a number of terminal columns; control characters become blanks.
pub(crate) fn fit(text: &str, width: usize) -> String {
    let mut out = cut(text, width);
    let used = out.width();
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    out
}

/// The text truncated to a number of terminal columns.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.width() <= width {
        return clean;
    }
    let mut out = String::new();
    let mut used = 0;
    for c in clean.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        out.push(c);
    }
    out.push('…');
    out
}

/// A bar of `width` cells for a share of 0–1, in eighths of a cell.
pub(crate) fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let eighths = (share.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    let mut out = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        out.push(EIGHTHS[eighths % 8]);
    }
    let used = out.chars().count();
    out.extend(std::iter::repeat_n('·', width.saturating_sub(used)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_their_columns() {
        assert_eq!(fit("abc", 5), "abc  ");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("日本語です", 6).width(), 6);
        assert_eq!(cut("a\nb", 9), "a b");
        assert_eq!(bar(0.5, 4), "██··");
    }
}
