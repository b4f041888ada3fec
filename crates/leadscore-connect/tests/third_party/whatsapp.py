"""What pywa, a client of others for WhatsApp, says of signatures, reads of deliveries, answers to handshakes and sends as a reply."""

import json
import sys

import httpx
from pywa import WhatsApp, handlers, types

given = json.loads(sys.argv[1])
sent = []


def answer(request):
    sent.append({"path": request.url.path, "authorization": request.headers["authorization"], "body": json.loads(request.content)})
    return httpx.Response(200, json={"messaging_product": "whatsapp", "contacts": [{"input": "1", "wa_id": "1"}], "messages": [{"id": "wamid.R"}]})


client = WhatsApp(
    phone_id=given["phone_number_id"],
    token=given["token"],
    app_secret=given["secret"],
    verify_token=given["verify_token"],
    filter_updates=False,
    skip_duplicate_updates=False,
    session=httpx.Client(transport=httpx.MockTransport(answer), base_url="https://graph.facebook.com"),
)
read = []


def person(update):
    user = update.from_user
    return {"wa_id": user.wa_id or None, "user_id": user.bsuid or None, "name": user.name or None}


def common(update, kind, **fields):
    reply_to = getattr(update, "reply_to_message", None)
    read.append({"kind": kind, "id": update.id, "number": update.metadata.phone_number_id, "person": person(update),
                 "seconds": int(update.timestamp.timestamp()), "reply_to": reply_to and reply_to.id, **fields})


def on_message(_, update):
    media, location, reaction, order, referral = update.media, update.location, update.reaction, update.order, update.referral
    common(
        update, "message", type=str(update.type), text=update.text, caption=update.caption, forwarded=update.forwarded,
        media=media and [media.id, media.mime_type, getattr(media, "filename", None)],
        location=location and [location.latitude, location.longitude, location.name, location.address],
        reaction=reaction and [reaction.message_id, reaction.emoji or None],
        contacts=update.contacts and [[card.name.formatted_name, [phone.phone for phone in card.phones], [mail.email for mail in card.emails]] for card in update.contacts],
        order=order and [order.catalog_id, order.text, [[item.sku, item.quantity, item.price, item.currency] for item in order.products]],
        referral=referral and [referral.source_type, referral.source_id, referral.source_url, referral.headline, referral.ctwa_clid],
        error=update.error and update.error.code,
    )


client.add_handlers(
    handlers.MessageHandler(on_message),
    handlers.CallbackButtonHandler(lambda _, update: common(update, "button", data=update.data, title=update.title)),
    handlers.CallbackSelectionHandler(lambda _, update: common(update, "selection", data=update.data, title=update.title, description=update.description)),
    handlers.FlowCompletionHandler(lambda _, update: common(update, "flow", body=update.body, response=update.response)),
    handlers.MessageStatusHandler(lambda _, update: common(update, "status", status=str(update.status), error=update.error and update.error.code)),
    handlers.EditedMessageHandler(lambda _, update: common(update, "edit", original=update.original_message_id, text=update.message.text)),
    handlers.DeletedMessageHandler(lambda _, update: common(update, "revoke", original=update.original_message_id)),
    handlers.PhoneNumberChangeHandler(lambda _, update: common(update, "number", new=update.new_wa_id)),
    handlers.IdentityChangeHandler(lambda _, update: common(update, "identity")),
)

cases = []
for case in given["cases"]:
    read.clear()
    body = case["body"].encode()
    refused = client.webhook_update_validator(body, case["header"])
    if refused is None:
        client.webhook_update_handler(body)
    cases.append({"name": case["name"], "refused": refused and refused[1], "read": list(read)})

handshakes = [client.webhook_challenge_handler(token, "1158201444") for token in (given["verify_token"], "another")]
client.send_message(to="16505551234", text=given["text"], reply_to_message_id="wamid.A", preview_url=False)
templates = types.templates
client.send_template(
    to="16505551234",
    name="demo_reminder",
    language=templates.TemplateLanguage.ENGLISH_US,
    params=[
        templates.HeaderText.params("Your demo"),
        templates.BodyText.params("Ana", given["text"]),
        templates.QuickReplyButton.params(callback_data="confirm:17", index=0),
        templates.URLButton.params(url_variable="demo/17", index=1),
    ],
)
named = [templates.BodyText.params(first_name="Ana", day="Tuesday")]
client.send_template(to="16505551234", name="hello", language=templates.TemplateLanguage.GERMAN, params=named)
print(json.dumps({"cases": cases, "handshakes": handshakes, "sent": sent}, default=str))
