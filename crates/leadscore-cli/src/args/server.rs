//! The arguments of `serve`, `keys` and `store`.

#![cfg_attr(not(feature = "serve"), allow(dead_code, reason = "read by the server's commands alone"))]

use std::path::PathBuf;

use clap::Subcommand;

/// Which settings and which store.
#[derive(clap::Args)]
pub(crate) struct PlaceArgs {
    /// The folder of the database and the secret key [default: leadscore-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<String>,
    /// A PostgreSQL database, instead of a file in the folder: `postgres://user:password@host/name`. Others on this
    /// machine can read a command line: the variable `DATABASE_URL` keeps the password from them
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// A TOML file of settings; `serve --print-config` lists them
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A file of variables, NAME=value in each line [default: .env, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
}

#[derive(clap::Args)]
#[command(
    after_help = "Settings come from the defaults, then the file of --config, then variables, then flags; the later \
                        win. A variable is the setting's name in capitals: LEADSCORE_LISTEN.\n\n\
                        Example: leadscore serve --listen 127.0.0.1:8000 --data ./leads\n\n\
                        SIGTERM and Ctrl-C end it when the requests under way are answered; SIGHUP loads the model of \
                        --b2b-model again."
)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Address and port; port 0 is a free one [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// The model of the b2b API: XGBoost's JSON or UBJSON, LightGBM's text [default: the included one]
    #[arg(long, value_name = "FILE")]
    pub(crate) b2b_model: Option<String>,
    /// Its version [default: the beginning of its hash]
    #[arg(long, value_name = "V")]
    pub(crate) b2b_version: Option<String>,
    /// Only check: open the store, load the models, say ok; no request is answered
    #[arg(long, conflicts_with = "print_config")]
    pub(crate) check: bool,
    /// Only write all settings, each with where it is from, as TOML; secrets are not shown
    #[arg(long)]
    pub(crate) print_config: bool,
}

#[derive(clap::Args)]
#[command(
    after_help = "Nothing leaves this machine, and nothing of it is kept: the store is a folder that is removed at \
                        the end; WhatsApp, HubSpot and the receiver of webhooks are small programs beside the server, \
                        and e-mails become files.\n\n\
                        Example: leadscore demo"
)]
pub(crate) struct DemoArgs {
    /// Address and port on this machine; port 0 is a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: std::net::SocketAddr,
    /// End after the last call
    #[arg(long)]
    pub(crate) exit: bool,
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Make an API key, and print it this once
    Create(CreateKeyArgs),
    /// List the keys: what they may do, never what they are
    List(ListKeysArgs),
    /// Make a key open nothing any more; servers notice within five seconds
    Revoke(RevokeKeyArgs),
    /// Print a token (JWT) for the APIs that take one
    Token(TokenArgs),
}

#[derive(clap::Args)]
#[command(
    after_help = "The key alone goes to standard output; only its hash is kept, so it cannot be shown again.\n\n\
                        Example: leadscore keys create --name crm --plan pro --scopes score,read > key.txt"
)]
pub(crate) struct CreateKeyArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// What people call it
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// Whose leads it reaches
    #[arg(long, value_name = "TENANT", default_value = "default")]
    pub(crate) tenant: String,
    /// How much it may do: free, pro or enterprise
    #[arg(long, value_name = "PLAN", default_value = "pro")]
    pub(crate) plan: String,
    /// What it may do: score, read, write, admin
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', default_value = "score,read,write")]
    pub(crate) scopes: Vec<String>,
    /// The APIs that it opens [default: all]
    #[arg(long, value_name = "API", value_delimiter = ',')]
    pub(crate) families: Vec<String>,
}

#[derive(clap::Args)]
#[command(after_help = "Example: leadscore keys list --data ./leads")]
pub(crate) struct ListKeysArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// As JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(clap::Args)]
#[command(after_help = "Example: leadscore keys revoke key_0f9d4a5c6b7e4f1d8a2b3c4d5e6f7a8b")]
pub(crate) struct RevokeKeyArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// The key's id, as `keys list` shows it
    pub(crate) id: String,
}

#[derive(clap::Args)]
#[command(after_help = "With RS256 whoever has the private key issues the tokens, and this is refused.\n\n\
                        Example: leadscore keys token --tenant default --ttl 1h")]
pub(crate) struct TokenArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Whose leads it reaches
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Who has it: the claim sub
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) sub: Option<String>,
    /// What it may do: score, read, write, admin [default: score, read and write]
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    pub(crate) scopes: Vec<String>,
    /// How long it counts: a number with s, m, h or d
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub(crate) ttl: String,
}

#[derive(Subcommand)]
pub(crate) enum StoreCommand {
    /// Copy the SQLite store into a file, also while a server writes to it
    Backup(BackupArgs),
    /// Put a backup in the place of the SQLite store, while no server runs
    Restore(RestoreArgs),
    /// Write the leads of a tenant, one JSON object per line, with all that is known of them
    Export(ExportArgs),
    /// Keep the leads of a file: of an export, of another database's JSON lines, or of a CSV file
    Import(ImportLeadsArgs),
    /// Erase a lead and all that is kept of it
    Erase(EraseArgs),
}

#[derive(clap::Args)]
#[command(after_help = "A PostgreSQL database is backed up with pg_dump.\n\n\
                        Example: leadscore store backup leads-2026-11-22.db --data ./leads")]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// The file to write
    pub(crate) file: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(clap::Args)]
#[command(after_help = "The secret key of the folder is not in a backup: keep DIR/secret_key too.\n\n\
                        Example: leadscore store restore leads-2026-11-22.db --data ./leads")]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// The backup
    pub(crate) file: PathBuf,
    /// Write over the store that is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(clap::Args)]
#[command(
    after_help = "With --labelled each line is a lead as it was before its outcome, with nothing that came later: \
                        for training and for measuring a model.\n\n\
                        Example: leadscore store export leads.jsonl --tenant default\n\
                        Example: leadscore store export training.jsonl --labelled --days-before 7"
)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// The file to write; - is standard output
    pub(crate) file: String,
    /// Whose leads
    #[arg(long, value_name = "TENANT", default_value = "default")]
    pub(crate) tenant: String,
    /// Write over a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Only leads that converted or were lost, as they were before that
    #[arg(long)]
    pub(crate) labelled: bool,
    /// How long before its outcome a lead is looked at
    #[arg(long, value_name = "DAYS", default_value_t = 0, requires = "labelled")]
    pub(crate) days_before: u32,
    /// Also leads whose attributes changed after that moment, marked `changed_later`: they may tell of the future
    #[arg(long, requires = "labelled")]
    pub(crate) changed_later: bool,
}

#[derive(clap::Args)]
#[command(
    after_help = "JSON lines are an export of this store, or one object per lead: `email`, `phone` and `_id` (or \
                        `id`) tell who it is, everything else becomes an attribute. A CSV file is read as `leadscore \
                        score` reads it.\n\n\
                        Doing it again changes nothing: leads are found again by id, e-mail address or phone, and \
                        activities by their id.\n\n\
                        Example: leadscore store import leads.csv --activities log.csv --map Firm=company"
)]
pub(crate) struct ImportLeadsArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// CSV or JSON lines, also gzipped
    pub(crate) file: String,
    /// Which column is which attribute: a JSON file as `score --map` takes it, or column=attribute; may be repeated
    #[arg(short, long, value_name = "FILE|COLUMN=ATTRIBUTE")]
    pub(crate) map: Vec<String>,
    /// The activity log: CSV or JSONL with `lead_id`, kind, at and perhaps id, or columns of other names
    #[arg(short, long, value_name = "FILE")]
    pub(crate) activities: Option<PathBuf>,
    /// The time zone of times without an offset
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) zone: String,
    /// Whose leads they become
    #[arg(long, value_name = "TENANT", default_value = "default")]
    pub(crate) tenant: String,
    /// The rejected rows, with line and reason, as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
}

#[derive(clap::Args)]
#[command(after_help = "Backups and exports made before still have the lead.\n\n\
                        Example: leadscore store erase ada@acme.example --tenant default")]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Any of the lead's ids: its id, its number, your own id, or its e-mail address
    pub(crate) lead: String,
    /// Whose lead
    #[arg(long, value_name = "TENANT", default_value = "default")]
    pub(crate) tenant: String,
}
