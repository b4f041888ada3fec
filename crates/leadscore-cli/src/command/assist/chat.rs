//! `leadscore assist intent` and `reply`: one message of a chat.

use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use leadscore::chat::{Chat, Conversation};
use leadscore::intent::IntentClassifier;
use leadscore::task::{ChatIntentTask, ChatReplyTask};

use super::asker::Asker;
use crate::args::assist::{IntentArgs, ReplyArgs};
use crate::failure::Failure;
use crate::output::open_output;

/// More than any message: what is beyond the limit of a chat is cut off there.
const MAX_MESSAGE_BYTES: u64 = 1 << 20;
const MAX_CONVERSATION_BYTES: u64 = 16 << 20;

pub(super) fn intent(args: &IntentArgs) -> Result<bool, Failure> {
    let message = message(&args.message)?;
    let task = ChatIntentTask::new(&IntentClassifier::builtin(), &message);
    let task = if args.model.mask { task.with_contact_details() } else { task };
    let mut asker = Asker::new(&args.model)?;
    let Some(assisted) = asker.ask(task)? else { return Ok(true) };
    asker.write(&assisted, |words| words.intent(&assisted.output))?;
    Ok(asker.has_answered())
}

pub(super) fn reply(args: &ReplyArgs) -> Result<bool, Failure> {
    let message = message(&args.message)?;
    let mut chat = Chat::new();
    if let Some(code) = &args.country {
        chat = chat.country(code).map_err(|error| Failure::about("--country", error))?;
    }
    let conversation = match &args.conversation {
        Some(path) => read_conversation(path)?,
        None => Conversation::new(),
    };
    let task = ChatReplyTask::new(&chat.advance(&conversation, &message)).facts(args.facts.iter().cloned());
    let task = task.map_err(|error| Failure::about("--fact", error))?;
    let task = if args.model.mask { task.with_contact_details() } else { task };
    let mut asker = Asker::new(&args.model)?;
    let Some(assisted) = asker.ask(task)? else { return Ok(true) };
    if let Some(path) = &args.conversation {
        let mut out = open_output(Some(path))?;
        writeln!(out, "{}", assisted.output.conversation.to_json())?;
        out.finish()?;
    }
    asker.write(&assisted, |words| words.reply(&assisted.output))?;
    Ok(asker.has_answered())
}

fn message(argument: &str) -> Result<String, Failure> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    std::io::stdin().take(MAX_MESSAGE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// The chat so far; a file that is not there is a chat that begins.
fn read_conversation(path: &Path) -> Result<Conversation, Failure> {
    let name = path.display().to_string();
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Conversation::new()),
        Err(error) => return Err(Failure::message(format!("{name}: {error}"))),
    };
    let mut text = String::new();
    file.take(MAX_CONVERSATION_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| Failure::message(format!("{name}: {error}")))?;
    Conversation::from_json(&text).map_err(|error| Failure::about(&name, error))
}
