//! WhatsApp and Instagram, with a Graph API of the test's own.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::graph::{
    ACCOUNT, Graph, TOKEN, change, deliver, deliver_bytes, event, instagram, millis, seconds, start, text,
    unanswered, whatsapp,
};
use crate::support::{KEY, Running, json};
use crate::{eventually, lead, said, summary};

/// Until no work is left.
async fn settled(server: &Running, replies: usize, graph: &Graph) {
    eventually(&format!("{replies} replies"), || async {
        (graph.replies().await.len() >= replies).then_some(())
    })
    .await;
    // What comes too much comes soon after.
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(graph.replies().await.len(), replies, "{:?}", graph.replies().await);
    assert_eq!(server.get("/health").send().await.unwrap().status(), 200);
}

async fn by_phone(server: &Running, phone: &str) -> Value {
    let body = json!({"phone": phone, "source": "website"});
    json(server.post("/api/v1/lead", &body).header("x-api-key", KEY)).await.1
}

async fn counted(server: &Running) -> BTreeMap<String, u64> {
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    let lines = metrics.lines().filter_map(|line| line.strip_prefix("leadscore_platform_events_total{"));
    let read = |line: &str| {
        let (labels, count) = line.rsplit_once(' ').unwrap();
        (labels.replace(['"', '}'], ""), count.parse().unwrap())
    };
    lines.map(read).filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn the_handshake_gives_the_challenge_to_whoever_has_the_token() {
    let server = start(&unanswered()).await;
    let token = TOKEN.replace(' ', "%20");
    for platform in ["whatsapp", "instagram"] {
        let ask = |query: String| server.get(&format!("/api/v1/webhook/{platform}?{query}")).send();
        let good = ask(format!("hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444"))
            .await
            .unwrap();
        assert_eq!(good.status(), 200);
        assert!(good.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
        assert_eq!(good.headers()["x-content-type-options"], "nosniff");
        assert_eq!(good.text().await.unwrap(), "1158201444");
        for (query, status) in [
            ("hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1".to_owned(), 403),
            ("hub.mode=subscribe&hub.verify_token=&hub.challenge=1".to_owned(), 403),
            (format!("hub.mode=unsubscribe&hub.verify_token={token}&hub.challenge=1"), 403),
            (format!("hub.mode=subscribe&hub.verify_token={token}&hub.challenge=a%0Ab"), 400),
            (String::new(), 400),
        ] {
            assert_eq!(ask(query.clone()).await.unwrap().status(), status, "{query}");
        }
    }
    // A token that is not set is not matched by an empty one.
    let server = Running::start(&[("API_KEY", KEY)]).await;
    let empty = "/api/v1/webhook/whatsapp?hub.mode=subscribe&hub.verify_token=&hub.challenge=1";
    assert_eq!(server.get(empty).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn bodies_that_are_not_signed_or_no_json_are_refused() {
    let server = start(&unanswered()).await;
    for platform in ["whatsapp", "instagram"] {
        let url = format!("{}/api/v1/webhook/{platform}", server.base);
        let post = |body: &[u8]| server.client.post(&url).body(body.to_vec());
        let wrong = (401, json!({"detail": "Invalid webhook signature"}));
        assert_eq!(json(post(b"{}")).await, wrong);
        for header in ["", "sha256=", "sha1=00", &format!("sha256={}", "0".repeat(64))] {
            assert_eq!(json(post(b"{}").header("x-hub-signature-256", header)).await, wrong, "{header}");
        }
        assert_eq!(deliver_bytes(&server, platform, b"no json".to_vec()).await.0, 400);
        assert_eq!(deliver_bytes(&server, platform, Vec::new()).await.0, 400);
        for odd in [json!({}), json!([]), json!({"object": "page", "entry": [{}]}), json!(7)] {
            assert_eq!(deliver(&server, platform, &odd).await, (200, json!({"status": "ok"})), "{odd}");
        }
        // As large as it may be, and a byte more.
        let mut large = b"{\"object\":\"page\",\"x\":\"".to_vec();
        large.resize((3 << 20) - 2, b'x');
        large.extend(b"\"}");
        assert_eq!(deliver_bytes(&server, platform, large.clone()).await.0, 200);
        large.push(b' ');
        assert_eq!(deliver_bytes(&server, platform, large).await.0, 413);
    }
    // Without an app secret nothing can be trusted.
    let server = Running::start(&[("API_KEY", KEY)]).await;
    assert_eq!(deliver(&server, "whatsapp", &json!({})).await.0, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_is_one_lead_and_one_reply() {
    let graph = Graph::start().await;
    let server = start(&graph.settings()).await;
    let contacts = json!([{"profile": {"name": "Ana"}, "wa_id": "4915112345671"}, {"profile": {"name": "Ben"}, "wa_id": "4915112345672"}]);
    let people = ["4915112345671", "4915112345672", "4915112345673", "4915112345674"];
    let one = change(&json!({"contacts": contacts, "messages": [
        text(people[0], "wamid.1", "How much is the desk?"), text(people[1], "wamid.2", "I want to buy a chair")]}));
    let two = change(&json!({"messages": [text(people[2], "wamid.3", "Tell me more about the sizes")]}));
    let other = change(&json!({"messages": [text(people[3], "wamid.4", "Not interested, thanks")]}));
    let body = json!({"object": "whatsapp_business_account", "entry": [
        {"id": "1", "changes": [one, two]}, {"id": "2", "changes": [other]}]});
    // The same delivery eight times at once, and again.
    let all = join_all((0..8).map(|_| deliver(&server, "whatsapp", &body))).await;
    assert!(all.iter().all(|answer| *answer == (200, json!({"status": "ok"}))), "{all:?}");
    settled(&server, 4, &graph).await;
    assert_eq!(deliver(&server, "whatsapp", &body).await.0, 200);
    settled(&server, 4, &graph).await;
    let mut to: Vec<String> = graph.replies().await.into_iter().map(|(to, _)| to).collect();
    to.sort_unstable();
    assert_eq!(to, people);
    for (phone, name, intent) in [
        (people[0], "Ana", "HOT"),
        (people[1], "Ben", "HOT"),
        (people[2], "", "WARM"),
        (people[3], "", "COLD"),
    ] {
        let found = by_phone(&server, &format!("+{phone}")).await;
        assert_eq!(found["name"].as_str().unwrap_or_default(), name, "{found}");
        assert_eq!((&found["source"], &found["intent"]), (&json!("whatsapp"), &json!(intent)), "{found}");
        assert_eq!(said(&found).len(), 2, "{found}");
    }
    let summary = summary(&server).await;
    assert_eq!(
        (&summary["total_conversations"], &summary["leads_captured"]),
        (&json!(4), &json!(4)),
        "{summary}"
    );
    assert_eq!(counted(&server).await["event=message,platform=whatsapp"], 36);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_hides_the_number_is_answered_by_the_other_id() {
    let graph = Graph::start().await;
    let server = start(&graph.settings()).await;
    let hidden = json!({"id": "wamid.h", "from_user_id": "US.1349", "timestamp": seconds().to_string(), "type": "text",
        "text": {"body": "My name is Eve, how much is it?"}});
    assert_eq!(
        deliver(&server, "whatsapp", &whatsapp(&[change(&json!({"messages": [hidden]}))])).await.0,
        200
    );
    settled(&server, 1, &graph).await;
    assert_eq!(graph.replies().await[0].0, "US.1349");
    // Later the number is shown: it is the same conversation.
    let contacts = json!([{"profile": {"name": "Eve"}, "wa_id": "4915112345675", "user_id": "US.1349"}]);
    let shown =
        change(&json!({"contacts": contacts, "messages": [text("4915112345675", "wamid.i", "Hello again")]}));
    assert_eq!(deliver(&server, "whatsapp", &whatsapp(&[shown])).await.0, 200);
    settled(&server, 2, &graph).await;
    let found = by_phone(&server, "+4915112345675").await;
    assert_eq!((said(&found).len(), &found["name"]), (4, &json!("Eve")), "{found}");
    assert_eq!(summary(&server).await["total_conversations"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_is_taken_and_not_answered() {
    let graph = Graph::start().await;
    let server = start(&graph.settings()).await;
    let from = "4915112345676";
    let plain = |id: &str, more: Value| {
        let mut message = json!({"from": from, "id": id, "timestamp": seconds().to_string()});
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message
    };
    let old = json!({"from": from, "id": "wamid.old", "timestamp": (seconds() - 90_000).to_string(), "type": "text", "text": {"body": "Still there?"}});
    let messages = json!([
        text(from, "wamid.a", "I want to buy it"),
        plain("wamid.r", json!({"type": "reaction", "reaction": {"message_id": "wamid.a", "emoji": "👍"}})),
        plain("wamid.u", json!({"type": "hologram", "hologram": {}})),
        plain("wamid.x", json!({"type": "interactive"})),
        old,
    ]);
    let body = whatsapp(&[
        change(&json!({"messages": messages})),
        json!({"field": "smb_message_echoes", "value": {"metadata": {"phone_number_id": "1"},
            "message_echoes": [{"from": "15550783881", "to": from, "id": "wamid.echo", "timestamp": seconds().to_string(), "type": "text",
                "text": {"body": "A colleague writes: I want to buy"}}]}}),
        json!({"field": "flows", "value": {}}),
        change(&json!({"errors": [{"code": 131_000, "title": "wrong"}]})),
    ]);
    assert_eq!(deliver(&server, "whatsapp", &body).await.0, 200);
    settled(&server, 1, &graph).await;
    let found = by_phone(&server, &format!("+{from}")).await;
    let mut said = said(&found);
    said.sort_unstable();
    let reply = graph.replies().await[0].1.clone();
    let mut wanted = [
        ("assistant", "A colleague writes: I want to buy"),
        ("assistant", reply.as_str()),
        ("user", "I want to buy it"),
        ("user", "Still there?"),
    ];
    wanted.sort_unstable();
    assert_eq!(said, wanted);
    // Statuses in any order, and of nothing that is known.
    let status = |id: &str, word: &str| json!({"id": id, "status": word, "timestamp": seconds().to_string(), "recipient_id": from});
    let statuses = json!([
        status("wamid.reply0", "read"),
        status("wamid.reply0", "sent"),
        status("wamid.reply0", "delivered"),
        status("wamid.none", "sent"),
        status("wamid.reply0", "misplaced")
    ]);
    assert_eq!(
        deliver(&server, "whatsapp", &whatsapp(&[change(&json!({"statuses": statuses}))])).await.0,
        200
    );
    settled(&server, 1, &graph).await;
    let counted = counted(&server).await;
    for (event, count) in
        [("message", 2), ("reaction", 1), ("echo", 1), ("account_problem", 1), ("status", 4), ("other", 4)]
    {
        assert_eq!(
            counted.get(&format!("event={event},platform=whatsapp")),
            Some(&count),
            "{event}: {counted:?}"
        );
    }
    let folder = server.stop().await;
    let store = leadscore_server::store::Store::open_folder(folder.path()).await.unwrap();
    let reference = leadscore_server::store::LeadReference::Any(found["id"].as_str().unwrap().to_owned());
    let kept = store.lead("default", &reference).await.unwrap().unwrap();
    let messages = store.messages(kept.number).await.unwrap();
    let sent = messages.iter().find(|own| own.id == "wamid.reply0").unwrap();
    assert_eq!(sent.status.as_deref(), Some("read"));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_changed_and_taken_back() {
    let graph = Graph::start().await;
    let server = start(&graph.settings()).await;
    let from = "4915112345677";
    let first = change(
        &json!({"messages": [text(from, "wamid.a", "My card is 4111"), text(from, "wamid.b", "what abot the desk")]}),
    );
    assert_eq!(deliver(&server, "whatsapp", &whatsapp(&[first])).await.0, 200);
    settled(&server, 2, &graph).await;
    let edit = json!({"from": from, "id": "wamid.c", "timestamp": seconds().to_string(), "type": "edit",
        "edit": {"original_message_id": "wamid.b", "message": {"type": "text", "text": {"body": "what about the desk"}}}});
    let revoke = json!({"from": from, "id": "wamid.d", "timestamp": seconds().to_string(), "type": "revoke",
        "revoke": {"original_message_id": "wamid.a"}});
    let second = change(&json!({"messages": [edit, revoke]}));
    assert_eq!(deliver(&server, "whatsapp", &whatsapp(&[second])).await.0, 200);
    let users = eventually("the change", || async {
        let found = by_phone(&server, &format!("+{from}")).await;
        let said = said(&found);
        let users: Vec<&str> =
            said.iter().filter(|(role, _)| *role == "user").map(|(_, text)| *text).collect();
        (users == ["what about the desk"]).then_some(found.clone())
    })
    .await;
    assert!(!users.to_string().contains("4111"), "{users}");
    settled(&server, 2, &graph).await;
    // Nor does the chat remember it: what a database file holds of it is gone.
    let folder = server.stop().await;
    let store = leadscore_server::store::Store::open_folder(folder.path()).await.unwrap();
    let chatter = leadscore_server::store::Chatter {
        source: "whatsapp".into(),
        user_id: format!("whatsapp:{from}"),
        former_id: None,
    };
    let now = leadscore::Timestamp::from_millis(millis() + 60_000).unwrap();
    let held = store
        .hold_conversation("default", &chatter, None, ("test", now.as_millis() + 1), now)
        .await
        .unwrap()
        .unwrap();
    let state = held.state.unwrap();
    assert!(!state.contains("4111") && state.contains("what about") && !state.contains("abot"), "{state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn instagram_is_answered_but_for_echoes_and_what_others_answer() {
    let graph = Graph::start().await;
    let server = start(&graph.settings()).await;
    let (one, two) = ("1254459154682919", "1254459154682920");
    let message = |mid: &str, text: &str| json!({"mid": mid, "text": text});
    let own = json!({"sender": {"id": ACCOUNT}, "recipient": {"id": one}, "timestamp": millis(),
        "message": {"mid": "mid.echo", "text": "I want to buy", "is_echo": true}});
    let body = json!([{"object": "instagram", "entry": [
        {"id": ACCOUNT, "time": millis(), "messaging": [
            event(one, "message", &message("mid.1", "How much is it?")),
            event(one, "reaction", &json!({"mid": "mid.1", "action": "react", "reaction": "love"})),
            own,
            event(two, "postback", &json!({"mid": "mid.2", "title": "I want to buy", "payload": "BUY"})),
            event(two, "message", &json!({"mid": "mid.3", "attachments": [{"type": "image", "payload": {"url": "https://cdn.example/x"}}]})),
        ], "standby": [event(one, "message", &message("mid.4", "For another app"))]},
        {"id": "0", "time": seconds(), "changes": [{"field": "comments", "value": {"from": {"id": "9"}, "text": "I want to buy"}}]}]}]);
    let all = join_all((0..4).map(|_| deliver(&server, "instagram", &body))).await;
    assert!(all.iter().all(|(status, _)| *status == 200), "{all:?}");
    settled(&server, 3, &graph).await;
    let replies = graph.replies().await;
    assert_eq!(replies.iter().filter(|(to, _)| to == one).count(), 1, "{replies:?}");
    assert_eq!(replies.iter().filter(|(to, _)| to == two).count(), 2, "{replies:?}");
    let summary = summary(&server).await;
    // Nobody of them left an address, a number or a name.
    assert_eq!(
        (&summary["total_conversations"], &summary["leads_captured"]),
        (&json!(2), &json!(0)),
        "{summary}"
    );
    // The echo of a reply changes nothing.
    let id = format!("mid.reply{}", replies.iter().position(|(to, _)| to == one).unwrap());
    let echo = json!({"sender": {"id": ACCOUNT}, "recipient": {"id": one}, "timestamp": millis(),
        "message": {"mid": id, "text": "x", "is_echo": true}});
    assert_eq!(deliver(&server, "instagram", &instagram(&[echo])).await.0, 200);
    // An address makes a lead of the chat, and gives a way to read it.
    let last = event(one, "message", &message("mid.5", "My address is ig@example.com"));
    assert_eq!(deliver(&server, "instagram", &instagram(&[last])).await.0, 200);
    settled(&server, 4, &graph).await;
    let (_, found) = json(
        server
            .post("/api/v1/lead", &json!({"email": "ig@example.com", "source": "website"}))
            .header("x-api-key", KEY),
    )
    .await;
    assert_eq!((&found["source"], &found["intent"]), (&json!("instagram"), &json!("HOT")), "{found}");
    let users: Vec<_> = said(&found)
        .into_iter()
        .filter(|(role, _)| *role == "user")
        .map(|(_, text)| text.to_owned())
        .collect();
    assert_eq!(users, ["How much is it?", "For another app", "My address is ig@example.com"], "{found}");
    assert_eq!(said(&found).len(), 6, "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_access_token_messages_are_kept_and_not_answered() {
    let server = start(&unanswered()).await;
    let from = "4915112345678";
    let body = whatsapp(&[change(&json!({"messages": [text(from, "wamid.1", "I want to buy it")]}))]);
    assert_eq!(deliver(&server, "whatsapp", &body).await.0, 200);
    eventually("the message", || async { (summary(&server).await["hot_leads"] == 1).then_some(()) }).await;
    let found = by_phone(&server, &format!("+{from}")).await;
    assert_eq!(said(&found), [("user", "I want to buy it")]);
    assert_eq!(summary(&server).await["avg_response_time"], Value::Null);
    assert_eq!(lead(&server, found["id"].as_str().unwrap()).await["source"], "whatsapp");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_failed_is_sent_later_and_once() {
    let graph = Graph::failing(1).await;
    let server = start(&graph.settings()).await;
    let body =
        whatsapp(&[change(&json!({"messages": [text("4915112345679", "wamid.1", "How much is it?")]}))]);
    assert_eq!(deliver(&server, "whatsapp", &body).await.0, 200);
    settled(&server, 2, &graph).await;
    let found = by_phone(&server, "+4915112345679").await;
    assert_eq!(said(&found).len(), 2, "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_before_a_restart_is_answered_after_it() {
    // Nobody listens there yet: the message waits, and its server goes.
    let graph = Graph::start().await;
    let mut settings = graph.settings();
    let nobody = ("LEADSCORE_WHATSAPP_BASE_URL", "http://127.0.0.1:9".to_owned());
    let place = settings.iter().position(|(name, _)| *name == nobody.0).unwrap();
    let live = std::mem::replace(&mut settings[place], nobody);
    let server = start(&settings).await;
    let body =
        whatsapp(&[change(&json!({"messages": [text("4915112345680", "wamid.1", "How much is it?")]}))]);
    assert_eq!(deliver(&server, "whatsapp", &body).await, (200, json!({"status": "ok"})));
    let folder = server.stop().await;
    assert_eq!(graph.replies().await.len(), 0);
    settings[place] = live;
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Running::start_in(folder, &settings).await;
    settled(&server, 1, &graph).await;
    let found = by_phone(&server, "+4915112345680").await;
    assert_eq!(said(&found).len(), 2, "{found}");
}
