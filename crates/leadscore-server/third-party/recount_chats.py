"""Chats and forms of a seeded traffic, and the summary of them computed again: from what this client sent, got and measured."""

import json
import os
import random
import time
import urllib.request

URL, KEY = os.environ["LEADSCORE_URL"], os.environ["LEADSCORE_KEY"]
SOURCES = ["website", "whatsapp", "instagram"]
MESSAGES = [
    "Hello", "How much is the desk?", "Tell me more about the sizes", "I am not interested, thanks", "Thank you",
    "I want to buy two chairs", "Where is my parcel?",
]  # fmt: skip


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"x-api-key": KEY, "content-type": "application/json"}
    request = urllib.request.Request(URL + path, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


dice = random.Random(4)
conversations, people, waits = set(), {}, []


def person(key):
    """What is known here of a person: the stored intent, whether an address, number or name is there, whether it bought."""
    return people.setdefault(key, {"intent": "COLD", "captured": False, "bought": False})


for number in range(12):
    email = f"form{number}@example.com"
    for _ in range(dice.choice([1, 1, 2])):
        intent = dice.choice([None, "HOT", "WARM", "COLD"])
        body = {"email": email, "source": dice.choice(SOURCES)} | ({"intent": intent} if intent else {})
        lead = call("POST", "/api/v1/lead/", body)
        own = person(email)
        own["captured"], own["intent"] = True, intent or own["intent"]
        assert lead["intent"] == own["intent"], (lead, own)
    if dice.random() < 0.3:
        call("POST", f"/api/v1/leads/{lead['id']}/outcome", {"outcome": "converted"})
        own["bought"] = True

for number in range(10):
    user, source = f"user{number % 7}", dice.choice(SOURCES)
    key = (user, source)
    conversations.add(key)
    for _ in range(dice.randint(1, 4)):
        message = dice.choice(MESSAGES)
        if dice.random() < 0.25:
            # An address of its own, so that who is who stays plain here.
            message = f"my e-mail is {source}.{user}@example.com"
            person(key)["captured"] = True
        began = time.perf_counter()
        answer = call("POST", "/api/v1/chat/respond", {"message": message, "user_id": user, "source": source})
        waits.append(time.perf_counter() - began)
        if answer["intent"] != "NEUTRAL":
            person(key)["intent"] = answer["intent"]
        else:
            person(key)

captured = [own for own in people.values() if own["captured"]]
wanted = {
    "total_conversations": len(conversations),
    "leads_captured": len(captured),
    "hot_leads": sum(own["intent"] == "HOT" for own in captured),
    "warm_leads": sum(own["intent"] == "WARM" for own in captured),
    "cold_leads": sum(own["intent"] == "COLD" for own in captured),
}
found = call("GET", "/api/v1/analytics/summary")
assert {name: found[name] for name in wanted} == wanted, (found, wanted)
rate = 100 * sum(own["bought"] for own in captured) / len(captured)
assert abs(found["conversion_rate"] - rate) <= 0.05 + 1e-9, (found, rate)
# The server waits within what this client measured.
assert 0 <= found["avg_response_time"] <= sum(waits) / len(waits) + 0.001, (found, waits)
print(f"{len(waits)} messages of {len(conversations)} conversations, {len(captured)} leads: {found}")
