//! Conversations: no message breaks one, and what is stored is read back to the byte.

use leadscore::chat::{Chat, Conversation, Question};
use leadscore::intent::Intent;
use proptest::prelude::*;

/// Messages of any characters, and of those that details are made of.
fn message() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9@+().,'?!/ -]{0,80}",
        "(my name is|I'm|looking for|call me|ann@example\\.com|\\+49 30 901820|0171 2345678|Ann|yes|no|\\{name\\}|,|\\.|\\?| ){0,12}",
        any::<String>().prop_map(|piece| piece.repeat(100_000 / piece.len().max(1))),
    ]
}

fn chats() -> [Chat; 3] {
    [Chat::new(), Chat::new().country("DE").unwrap(), Chat::new().country("US").unwrap()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn any_messages_make_a_conversation(messages in prop::collection::vec(message(), 1..7)) {
        for chat in chats() {
            let mut conversation = Conversation::new();
            for message in &messages {
                let turn = chat.advance(&conversation, message);
                prop_assert_eq!(&chat.advance(&conversation, message), &turn);
                let text = &turn.reply.text;
                prop_assert!(!text.is_empty() && !text.contains(['{', '}']), "{}", text);
                prop_assert_eq!(text.matches('?').count(), usize::from(turn.reply.asks.is_some()), "{}", text);
                prop_assert_eq!(turn.conversation.open_question, turn.reply.asks);
                if turn.classification.intent == Intent::Neutral {
                    prop_assert_eq!(turn.conversation.intent, conversation.intent);
                }
                check_details(&turn.conversation)?;
                conversation = turn.conversation.replied(text);
                let json = conversation.to_json();
                let again = Conversation::from_json(&json).unwrap();
                prop_assert_eq!(again.to_json(), json);
                prop_assert_eq!(&again, &conversation);
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let _ = Conversation::from_json(&text);
        let turn = Chat::new().advance(&Conversation::new(), "I'm Ann from Acme, ann@example.com, how much is it?");
        let mut bytes = turn.conversation.to_json().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(conversation) = Conversation::from_json(&text)
        {
            Chat::new().advance(&conversation, "yes");
        }
    }
}

fn check_details(conversation: &Conversation) -> Result<(), TestCaseError> {
    let contact = &conversation.contact;
    if let Some(phone) = &contact.phone {
        let digits = phone.strip_prefix('+').unwrap_or(phone);
        prop_assert!(
            (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()),
            "{}",
            phone
        );
    }
    if let Some(email) = &contact.email {
        prop_assert!(email.len() <= 254 && email.split('@').count() == 2, "{}", email);
    }
    for text in [&contact.name, &contact.interest].into_iter().flatten() {
        prop_assert!(text.chars().count() <= 100 && !text.chars().any(char::is_control), "{:?}", text);
    }
    for message in &conversation.messages {
        prop_assert!(!message.text.chars().any(|c| c.is_control() && c != '\n'));
    }
    Ok(())
}

#[test]
fn a_conversation_from_greeting_to_contact() {
    let chat = Chat::new().country("IN").unwrap();
    let mut conversation = Conversation::new();
    let mut asked = Vec::new();
    for message in [
        "Hello!",
        "I'm Priya",
        "we are looking for a CRM for ten people",
        "How much is it per month?",
        "98765 43210 or priya@example.in",
        "thank you",
    ] {
        let turn = chat.advance(&conversation, message);
        asked.push(turn.reply.asks);
        conversation = turn.conversation.replied(&turn.reply.text);
    }
    let wanted = [Question::Name, Question::Interest, Question::Contact, Question::Contact];
    assert_eq!(asked[..4], wanted.map(Some));
    assert_eq!(asked[4..], [None, None]);
    let contact = &conversation.contact;
    assert_eq!(contact.name.as_deref(), Some("Priya"));
    assert_eq!(contact.interest.as_deref(), Some("a CRM for ten people"));
    assert_eq!(contact.phone.as_deref(), Some("+919876543210"));
    assert_eq!(contact.email.as_deref(), Some("priya@example.in"));
    assert_eq!(conversation.intent, Intent::Hot);
    assert_eq!(conversation.messages.len(), 12);
}
