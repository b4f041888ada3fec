//! What the people of the business are told.

use leadscore::Timestamp;

use crate::config::Config;
use crate::mail::{EmailKind, Outgoing};
use crate::store::{NewJob, StoredLead};

/// The longest name in a subject, in characters.
const MOST_NAME: usize = 80;

/// One e-mail for each address that is told of hot leads.
pub(crate) fn hot_lead(
    config: &Config,
    lead: &StoredLead,
    source: &str,
    said: &str,
    at: Timestamp,
) -> Vec<NewJob> {
    let moment = at.as_millis();
    let parts = parts(config, lead, source, said, at);
    let one = |(place, to): (usize, &String)| {
        let email = Outgoing {
            to: to.clone(),
            subject: parts.subject.clone(),
            text: parts.text.clone(),
            html: Some(parts.html.clone()),
            message_id: format!("hot-{}-{moment}-{place}", lead.id),
            kind: EmailKind::Notification,
            unsubscribe: None,
        };
        email.job(format!("hot/{}/{moment}/{to}", lead.id), Some(lead.number))
    };
    config.notification_emails.iter().enumerate().map(one).collect()
}

struct Parts {
    subject: String,
    text: String,
    html: String,
}

fn parts(config: &Config, lead: &StoredLead, source: &str, said: &str, at: Timestamp) -> Parts {
    let name = lead.text("name");
    let (email, phone) = (lead.contact.email.as_deref(), lead.contact.phone.as_deref());
    let unknown = "not known yet";
    let path = format!("/api/v1/lead/{}", lead.id);
    let reach = match &config.public_url {
        Some(base) => format!("GET {base}{path}"),
        None => format!("GET {path} at this server"),
    };
    let facts = [
        ("Name", line(name.unwrap_or(unknown))),
        ("E-mail", line(email.unwrap_or(unknown))),
        ("Phone", line(phone.unwrap_or(unknown))),
        ("Interest", line(lead.text("interest").unwrap_or(unknown))),
        ("Source", source.to_owned()),
        ("Intent", "HOT".to_owned()),
        ("Since", at.to_string()),
        ("Lead", lead.id.clone()),
        ("More", reach),
    ];
    let mut text = "A lead wants to buy now.\n\n".to_owned();
    let mut html = "<p>A lead wants to buy now.</p>\n<table>\n".to_owned();
    for (label, value) in &facts {
        text += &format!("{label}: {value}\n");
        html += &format!("<tr><th align=\"left\">{label}</th><td>{}</td></tr>\n", escaped(value));
    }
    text += "\nWhat they said:\n";
    html += "</table>\n<p>What they said:</p>\n<blockquote>";
    for part in said.lines().map(line) {
        text += &format!("> {part}\n");
        html += &format!("{}<br>", escaped(&part));
    }
    html += "</blockquote>\n";
    let who = name.or(email).or(phone).unwrap_or("somebody who has not said a name");
    let who: String = line(who).chars().take(MOST_NAME).collect();
    Parts { subject: format!("Hot lead: {who} ({source})"), text, html }
}

/// A stranger's text on one line, without characters that are not seen.
fn line(text: &str) -> String {
    let is_hidden = |c: char| matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let seen = text.chars().filter(|c| !is_hidden(*c)).map(|c| if c.is_control() { ' ' } else { c });
    seen.collect::<String>().trim().to_owned()
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_lead_writes_stays_text() {
        assert_eq!(escaped("<b onclick='x()'>\"&"), "&lt;b onclick=&#39;x()&#39;&gt;&quot;&amp;");
        assert_eq!(line(" Ann\u{202e}\r\nBcc: x@example.com\u{2028}\0"), "Ann  Bcc: x@example.com");
    }
}
