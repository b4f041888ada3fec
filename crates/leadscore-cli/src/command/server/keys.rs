//! `leadscore keys`: what opens the APIs.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use leadscore_server::Family;
use leadscore_server::auth::{ApiKey, Plan, Scope, Scopes};
use leadscore_server::serve::token_issuer;
use leadscore_server::store::{KeyRecord, NewKey};
use secrecy::ExposeSecret;
use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::{OpenStore, check_tenant, settings, shown_time};
use crate::args::server::{CreateKeyArgs, ListKeysArgs, RevokeKeyArgs, TokenArgs};
use crate::failure::Failure;

/// The APIs that a key can be for.
const FAMILIES: [Family; 6] =
    [Family::Heatscore, Family::LeadMl, Family::B2b, Family::Qualify, Family::Capture, Family::Core];

/// Makes a key, and prints it alone on standard output.
pub(super) async fn create(args: &CreateKeyArgs) -> Result<bool, Failure> {
    check_tenant(&args.tenant)?;
    let name = args.name.trim();
    if name.is_empty() || name.len() > 200 || name.contains(char::is_control) {
        return Err(Failure::message("--name: wants 1 to 200 characters in one line"));
    }
    let plan: Plan = args.plan.parse().map_err(|_| Failure::message("--plan: free, pro or enterprise"))?;
    let scopes = scopes(&args.scopes)?;
    for family in &args.families {
        if FAMILIES.iter().all(|known| known.as_str() != family) {
            let known: Vec<&str> = FAMILIES.iter().map(|family| family.as_str()).collect();
            return Err(Failure::message(format!("--families: `{family}` is none of {}", known.join(", "))));
        }
    }
    let families = (!args.families.is_empty()).then_some(args.families.as_slice());
    let open = OpenStore::open(&args.place).await?;
    let (key, hash) = ApiKey::generate().map_err(|error| Failure::message(error.to_string()))?;
    let new = NewKey { name, tenant: &args.tenant, plan, scopes, families };
    let id = open.store.save_key(&new, &hash, crate::input::now()?).await?;
    open.audit(&args.tenant, "key.create", &id).await?;
    open.close().await;
    let apis = families.map_or_else(|| "all".to_owned(), |families| families.join(", "));
    crate::notes::say(&format!("{id}: tenant {}, plan {plan}, scopes {scopes}, APIs {apis}", args.tenant));
    crate::notes::say("the key is shown this once; keep it where secrets are kept");
    print_line(key.expose_secret())?;
    Ok(true)
}

/// Lists the keys.
pub(super) async fn list(args: &ListKeysArgs) -> Result<bool, Failure> {
    let open = OpenStore::open_existing(&args.place).await?;
    let keys = open.store.keys().await?;
    open.close().await;
    if args.json {
        let keys: Vec<serde_json::Value> = keys.iter().map(key_json).collect();
        print_line(&serde_json::Value::from(keys).to_string())?;
    } else if keys.is_empty() {
        crate::notes::say("there is no key; make one: leadscore keys create --name NAME");
    } else {
        print_line(table(&keys).trim_end())?;
    }
    Ok(true)
}

/// Makes a key open nothing any more.
pub(super) async fn revoke(args: &RevokeKeyArgs) -> Result<bool, Failure> {
    let open = OpenStore::open_existing(&args.place).await?;
    let keys = open.store.keys().await?;
    let Some(key) = keys.iter().find(|key| key.id == args.id) else {
        let hint =
            if args.id.starts_with(ApiKey::PREFIX) { ": name the key by its id, not itself" } else { "" };
        // What was given may be the key: it is not repeated.
        return Err(Failure::message(format!(
            "there is no key of this id{hint}; `leadscore keys list` shows them"
        )));
    };
    if !open.store.revoke_key(&key.id, crate::input::now()?).await? {
        return Err(Failure::message(format!("{}: it was revoked before", key.id)));
    }
    open.audit(&key.tenant, "key.revoke", &key.id).await?;
    open.close().await;
    crate::notes::say(&format!("{}: revoked; running servers notice within five seconds", key.id));
    Ok(true)
}

/// Issues a token, and prints it alone on standard output.
pub(super) async fn token(args: &TokenArgs) -> Result<bool, Failure> {
    check_tenant(&args.tenant)?;
    let scopes: Option<Vec<Scope>> = match args.scopes[..] {
        [] => None,
        _ => Some(scopes(&args.scopes)?.iter().collect()),
    };
    let lifetime = lifetime(&args.ttl)?;
    let config = settings::config(&args.place)?;
    // The folder of the secret key is made with the store.
    let open = OpenStore::with_config(config.clone()).await?;
    let issuer = token_issuer(&config)?;
    let now = crate::input::now()?;
    let seconds = now.as_millis().div_euclid(1_000);
    let token = issuer.issue(&args.tenant, args.sub.as_deref(), scopes.as_deref(), seconds, lifetime);
    let token = token.map_err(|error| Failure::message(error.to_string()))?;
    let until = shown_time((seconds.saturating_add_unsigned(lifetime.as_secs())).saturating_mul(1_000));
    open.audit(&args.tenant, "token.issue", &format!("until {until}")).await?;
    open.close().await;
    crate::notes::say(&format!("tenant {}, until {until}", args.tenant));
    print_line(&token)?;
    Ok(true)
}

fn scopes(names: &[String]) -> Result<Scopes, Failure> {
    let scopes: Scopes =
        names.join(",").parse().map_err(|_| Failure::message("--scopes: score, read, write, admin"))?;
    if scopes.is_empty() {
        return Err(Failure::message(
            "--scopes: a key without any opens nothing; name score, read, write or admin",
        ));
    }
    Ok(scopes)
}

/// A number with its unit: `90s`, `30m`, `1h`, `7d`.
fn lifetime(text: &str) -> Result<Duration, Failure> {
    let wrong = || Failure::message(format!("--ttl: `{text}`; wants a number with s, m, h or d, such as 1h"));
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let digits = &text[..text.len() - unit.len_utf8()];
    let count: u32 = digits.parse().ok().filter(|count| *count > 0).ok_or_else(wrong)?;
    Ok(Duration::from_secs(u64::from(count) * seconds))
}

fn key_json(key: &KeyRecord) -> serde_json::Value {
    let scopes: Vec<&str> = key.scopes.iter().map(Scope::as_str).collect();
    json!({
        "id": key.id,
        "name": key.name,
        "tenant": key.tenant,
        "plan": key.plan.as_str(),
        "scopes": scopes,
        "families": key.families,
        "created_at": shown_time(key.created_at),
        "revoked_at": key.revoked_at.map(shown_time),
    })
}

fn table(keys: &[KeyRecord]) -> String {
    let head = ["id", "name", "tenant", "plan", "scopes", "APIs", "made", "revoked"].map(str::to_owned);
    let row = |key: &KeyRecord| {
        [
            key.id.clone(),
            key.name.clone(),
            key.tenant.clone(),
            key.plan.to_string(),
            key.scopes.to_string(),
            key.families.as_ref().map_or_else(|| "all".to_owned(), |families| families.join(",")),
            shown_time(key.created_at),
            key.revoked_at.map(shown_time).unwrap_or_default(),
        ]
    };
    let rows: Vec<[String; 8]> = std::iter::once(head).chain(keys.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..8).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell}{}", " ".repeat(width + 2 - cell.width()));
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn print_line(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
