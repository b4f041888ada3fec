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
    -- Who answers its latest message, and until when that is believed: the next one waits.
    holder TEXT,
    held_until BIGINT,
    -- The lead that was made for it, as long as nobody else changes that lead: then the chat may correct what it said of it.
    made_lead BIGINT,
    PRIMARY KEY (tenant, source, user_id)
);
CREATE INDEX conversations_by_lead ON conversations (lead);

-- A lead that came by a chat, a form or an order has at least one; the latest is what it wants now.
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
-- The message that a reply answers, so that none is answered twice.
ALTER TABLE messages ADD COLUMN answers TEXT;
CREATE INDEX messages_by_platform_id ON messages (id);
CREATE INDEX messages_by_time ON messages (lead, at);

-- A lead that was merged into another one is still found by the names it had.
CREATE TABLE merged_leads (
    id TEXT PRIMARY KEY,
    -- None where it was merged in the store that it was imported from.
    number BIGINT UNIQUE,
    tenant TEXT NOT NULL,
    external_id TEXT,
    -- Those that the other lead did not take.
    email TEXT,
    email_key TEXT,
    phone TEXT,
    lead BIGINT NOT NULL REFERENCES leads (number) ON DELETE CASCADE,
    merged_at BIGINT NOT NULL
);
CREATE INDEX merged_leads_by_lead ON merged_leads (lead);
CREATE INDEX merged_leads_by_external_id ON merged_leads (tenant, external_id);
CREATE INDEX merged_leads_by_email_key ON merged_leads (tenant, email_key);

-- Addresses that want no e-mails, as hashes, also after their lead is erased.
CREATE TABLE suppressed (
    tenant TEXT NOT NULL,
    address TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant, address)
);

-- One form for all ways to write an e-mail address or a telephone number. Addresses of which SQL knows that they are in that
-- form already are filled in here, and the others when the store is opened.
ALTER TABLE leads ADD COLUMN email_key TEXT;
ALTER TABLE leads ADD COLUMN phone_key TEXT;
-- So that the store is opened without reading all leads, of which none or few are in it.
CREATE INDEX leads_without_keys ON leads (number)
    WHERE (email IS NOT NULL AND email_key IS NULL) OR (phone IS NOT NULL AND phone_key IS NULL);
UPDATE leads SET email_key = email
    WHERE email = LOWER(TRIM(email)) AND OCTET_LENGTH(email) = LENGTH(email) AND email LIKE '_%@%_'
        AND email NOT LIKE '%@gmail.com' AND email NOT LIKE '%@googlemail.com' AND email NOT LIKE '%.';
DROP INDEX leads_by_email;
DROP INDEX leads_by_phone;
CREATE UNIQUE INDEX leads_by_email_key ON leads (tenant, email_key);
CREATE INDEX leads_by_phone_key ON leads (tenant, phone_key);
CREATE INDEX leads_without_key ON leads (number)
    WHERE (email IS NOT NULL AND email_key IS NULL) OR (phone IS NOT NULL AND phone_key IS NULL);
