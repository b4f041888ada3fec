//! Domains of e-mail addresses, and which of them are a company's.

use leadscore::{FeatureSchema, Lead, Mode, Timestamp, Zone};

/// Tells the addresses of companies from those of free mail and disposable ones, by the library's lists.
pub(crate) struct Domains {
    schema: FeatureSchema,
    utc: Zone,
}

impl Domains {
    /// # Errors
    /// Where the library has another list by now.
    pub(crate) fn new() -> Result<Domains, leadscore::Error> {
        let schema = FeatureSchema::from_json(
            r#"{"features":[{"name":"is_company","type":"flag","source":{"from":"match","attribute":"email",
                "part":"email_domain","rules":[{"level":0,"list":"free_mail@2026-11"},
                {"level":0,"list":"disposable_mail@2026-08"}],"else":1,"blank":0}}]}"#,
        )?;
        Ok(Domains { schema, utc: Zone::utc() })
    }

    /// The domain of an address in lower case, if it is a company's.
    pub(crate) fn company(&self, email: &str) -> Option<String> {
        let (_, domain) = email.trim().rsplit_once('@')?;
        let epoch = Timestamp::from_millis(0).ok()?;
        let mut values = Vec::new();
        let lead = Lead::new("").with("email", email.trim());
        self.schema.values(&lead, epoch, &self.utc, Mode::Lenient, &mut values).ok()?;
        let is_company = values.first().is_some_and(|value| *value == 1.0);
        (is_company && domain.contains('.')).then(|| domain.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_mail_is_no_company() {
        let domains = Domains::new().unwrap();
        let company = |email: &str| domains.company(email);
        assert_eq!(company("John@ACME.example"), Some("acme.example".to_owned()));
        for email in
            ["a@gmail.com", "a@mailinator.com", "a@GMX.de", "a@yahoo.co.uk", "a@localhost", "nobody", ""]
        {
            assert_eq!(company(email), None, "{email}");
        }
    }
}
