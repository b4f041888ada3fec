use super::*;

/// Sends messages one after another, with the replies in between.
fn talk(chat: &Chat, messages: &[&str]) -> Vec<Turn> {
    let mut conversation = Conversation::new();
    let mut turns = Vec::new();
    for message in messages {
        let turn = chat.advance(&conversation, message);
        conversation = turn.conversation.replied(&turn.reply.text);
        turns.push(turn);
    }
    turns
}

fn asks(turns: &[Turn]) -> Vec<Option<Question>> {
    turns.iter().map(|turn| turn.reply.asks).collect()
}

const NAME: Option<Question> = Some(Question::Name);
const INTEREST: Option<Question> = Some(Question::Interest);
const CONTACT: Option<Question> = Some(Question::Contact);

#[test]
fn one_question_at_a_time_until_all_is_known() {
    let chat = Chat::new().country("DE").unwrap();
    let turns = talk(&chat, &["Hello", "Ann", "I need a desk for my office", "0171 2345678", "thanks"]);
    assert_eq!(asks(&turns), [NAME, INTEREST, CONTACT, None, None]);
    let contact = &turns[4].conversation.contact;
    assert_eq!(contact.name.as_deref(), Some("Ann"));
    assert_eq!(contact.interest.as_deref(), Some("I need a desk for my office"));
    assert_eq!((contact.phone.as_deref(), contact.email.as_deref()), (Some("+491712345678"), None));
    assert!(turns[1].captured.name.is_some() && turns[2].captured.name.is_none());
}

#[test]
fn what_was_said_unasked_is_not_asked() {
    let turns = talk(&Chat::new(), &["My name is Ann Smith, I'm looking for a sofa. ann@example.com"]);
    assert_eq!(asks(&turns), [None]);
    assert!(turns[0].reply.text.contains("Ann Smith"));
}

#[test]
fn nothing_is_asked_a_third_time_or_after_a_no() {
    let turns = talk(&Chat::new(), &["hello", "what does it cost", "and for two?", "how much is delivery"]);
    assert_eq!(asks(&turns), [NAME, NAME, INTEREST, INTEREST]);
    assert_eq!(turns[3].conversation.contact.name, None);
    let turns = talk(&Chat::new(), &["hello", "I'd rather not say"]);
    assert_eq!(asks(&turns), [NAME, INTEREST]);
}

#[test]
fn neutral_messages_keep_the_intent() {
    let turns = talk(
        &Chat::new(),
        &["hi", "I want to buy two", "thanks", "where is my parcel?", "I'm not interested any more"],
    );
    let intents: Vec<Intent> = turns.iter().map(|turn| turn.conversation.intent).collect();
    assert_eq!(intents, [Intent::Cold, Intent::Hot, Intent::Hot, Intent::Hot, Intent::Cold]);
    assert_eq!(turns[4].reply.asks, None);
    assert_eq!(turns[1].conversation.with_intent(Intent::Neutral).intent, Intent::Hot);
}

#[test]
fn orders_and_returns_have_replies_of_their_own() {
    let turns = talk(&Chat::new(), &["where is my order?"]);
    assert!(turns[0].reply.text.contains("colleague"), "{}", turns[0].reply.text);
    assert_eq!(turns[0].reply.asks, NAME);
    let turns = talk(&Chat::new(), &["I want a refund"]);
    assert!(turns[0].reply.text.contains("refunds") && turns[0].reply.asks.is_none());
}

#[test]
fn replies_do_not_repeat_themselves() {
    let turns = talk(&Chat::new(), &["hi"; 12]);
    for pair in turns.windows(2) {
        assert_ne!(pair[0].reply.text, pair[1].reply.text);
    }
}

#[test]
fn long_conversations_and_messages_are_cut() {
    let mut conversation = Conversation::new();
    for number in 0..120 {
        conversation =
            Chat::new().advance(&conversation, &format!("{number} {}", "x".repeat(5_000))).conversation;
    }
    assert_eq!(conversation.messages.len(), Conversation::MAX_MESSAGES);
    assert!(conversation.messages[0].text.starts_with("70 "));
    assert!(conversation.messages.iter().all(|m| m.text.len() <= Conversation::MAX_MESSAGE_CHARS));
    assert_eq!(Conversation::from_json(&conversation.to_json()).unwrap(), conversation);
}

#[test]
fn stored_conversations_are_refused_with_a_path() {
    let good = r#"{"messages":[{"sender":"lead","text":"hi"}],"contact":{"name":"Ann"},"intent":"HOT","open_question":"contact","asked":["contact"]}"#;
    assert_eq!(Conversation::from_json(good).unwrap().to_json(), good);
    assert_eq!(serde_json::from_str::<Conversation>(good).unwrap().to_json(), good);
    for (from, to, path) in [
        ("\"lead\"", "\"robot\"", "messages[0].sender"),
        ("\"hi\"", "\"h\\u0000i\"", "messages[0].text"),
        ("\"Ann\"", "5", "contact.name"),
        ("\"HOT\"", "\"hot!\"", "intent"),
        ("\"open_question\":\"contact\"", "\"open_question\":\"age\"", "open_question"),
        ("[\"contact\"]", "[\"contact\",\"age\"]", "asked[1]"),
        ("\"contact\":{\"name\"", "\"contact\":{\"nick\"", "contact"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good);
        let error = Conversation::from_json(&text).unwrap_err();
        assert_eq!((error.code(), error.path().to_string().as_str()), ("invalid_context", path));
    }
    let long = good.replace("hi", &"x".repeat(4_001));
    assert_eq!(Conversation::from_json(&long).unwrap_err().path().to_string(), "messages[0].text");
    assert_eq!(Conversation::from_json("{").unwrap_err().code(), "invalid_json");
}
