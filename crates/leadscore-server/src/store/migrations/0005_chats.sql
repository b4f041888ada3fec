-- Who chats where, what they said they want, and the names that leads had before they became one.
CREATE TABLE conversations (
    tenant TEXT NOT NULL,
    -- website, whatsapp, instagram
    source TEXT NOT NULL,
    user_id TEXT NOT NULL,
    lead BIGINT NOT NULL REFERENCES leads (number) ON DELETE CASCADE,
    -- What the chat remembers, as JSON.
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_inbound_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, source, user_id)
);
CREATE INDEX conversations_by_lead ON conversations (lead);

CREATE TABLE intents (
    number {serial},
    lead BIGINT NOT NULL REFERENCES leads (number) ON DELETE CASCADE,
    intent TEXT NOT NULL,
    -- chat, form, order
    origin TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX intents_by_lead ON intents (lead, at);

-- How long a reply took, for those of the assistant; and what became of it at the platform.
ALTER TABLE messages ADD COLUMN reply_ms BIGINT;
ALTER TABLE messages ADD COLUMN status TEXT;

-- A lead that was merged into another one is still found by its id and number.
CREATE TABLE merged_leads (
    number BIGINT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    external_id TEXT,
    lead BIGINT NOT NULL REFERENCES leads (number) ON DELETE CASCADE,
    merged_at BIGINT NOT NULL
);
CREATE INDEX merged_leads_by_lead ON merged_leads (lead);
CREATE INDEX merged_leads_by_external_id ON merged_leads (tenant, external_id);

-- Addresses that want no e-mails, as hashes, also after their lead is erased.
CREATE TABLE suppressed (
    tenant TEXT NOT NULL,
    address TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant, address)
);
