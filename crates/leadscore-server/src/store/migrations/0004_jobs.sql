-- Work that is done later: once, on any server, also after a crash. What a job is about goes with its lead.
CREATE TABLE jobs (
    number {serial},
    id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- The same key is one job of its kind.
    key TEXT NOT NULL,
    -- What it must not crowd: so many jobs of a lane run at once.
    lane TEXT NOT NULL,
    lead BIGINT REFERENCES leads (number) ON DELETE CASCADE,
    body TEXT NOT NULL,
    priority BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    worker TEXT,
    leased_until BIGINT,
    last_error TEXT,
    -- What whoever waits for it is told, as JSON.
    result TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE UNIQUE INDEX jobs_by_key ON jobs (tenant, kind, key);
CREATE INDEX jobs_to_do ON jobs (kind, state, due_at);
CREATE INDEX jobs_by_lane ON jobs (lane, state);
CREATE INDEX jobs_by_lead ON jobs (lead);
CREATE INDEX jobs_by_end ON jobs (state, finished_at);
CREATE INDEX jobs_by_tenant ON jobs (tenant, number);

CREATE TABLE webhooks (
    number {serial},
    id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    -- Who registered it.
    actor TEXT NOT NULL,
    url TEXT NOT NULL,
    -- Names between commas, also at both ends.
    events TEXT NOT NULL,
    -- Encrypted.
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until BIGINT,
    scheme TEXT NOT NULL,
    -- One that stands for the address of a batch is not listed.
    batch TEXT,
    active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_delivery_at BIGINT,
    last_status BIGINT,
    failure_count BIGINT NOT NULL,
    failing_since BIGINT
);
CREATE INDEX webhooks_by_tenant ON webhooks (tenant, active);

-- What came of the last events that a webhook was told. The reply may speak of the lead, so it goes with it.
CREATE TABLE webhook_deliveries (
    number {serial},
    webhook BIGINT NOT NULL REFERENCES webhooks (number) ON DELETE CASCADE,
    event TEXT NOT NULL,
    name TEXT NOT NULL,
    lead BIGINT REFERENCES leads (number) ON DELETE CASCADE,
    -- waiting, delivered, failed
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    status BIGINT,
    reply TEXT NOT NULL,
    error TEXT,
    duration_ms BIGINT NOT NULL,
    attempted_at BIGINT NOT NULL,
    next_at BIGINT,
    UNIQUE (webhook, event)
);
CREATE INDEX webhook_deliveries_by_lead ON webhook_deliveries (lead);

-- Every time that a lead was qualified for a request or a batch.
CREATE TABLE qualifications (
    number {serial},
    tenant TEXT NOT NULL,
    lead BIGINT NOT NULL REFERENCES leads (number) ON DELETE CASCADE,
    score DOUBLE PRECISION NOT NULL,
    tier TEXT NOT NULL,
    body TEXT NOT NULL,
    processing_ms BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX qualifications_by_lead ON qualifications (lead, created_at);
CREATE INDEX qualifications_by_tenant ON qualifications (tenant, created_at);

-- Which sales representative a lead belongs to. What a representative has to do is counted here; the numbers tell whose
-- turn it is, also where several got a lead in one millisecond.
CREATE TABLE assignments (
    number {serial},
    lead BIGINT NOT NULL UNIQUE REFERENCES leads (number) ON DELETE CASCADE,
    tenant TEXT NOT NULL,
    rep TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX assignments_by_rep ON assignments (tenant, rep, number);

CREATE TABLE batches (
    number {serial},
    id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    actor TEXT NOT NULL,
    priority TEXT NOT NULL,
    total BIGINT NOT NULL,
    -- queued, processing, completed, failed, cancelled
    state TEXT NOT NULL,
    -- The id of the webhook that is told of its end, also where that one asked for no such events.
    webhook TEXT,
    -- Why that one was not told.
    webhook_error TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    completed_at BIGINT
);
CREATE INDEX batches_by_tenant ON batches (tenant, state);
CREATE INDEX batches_by_state ON batches (state, number);

CREATE TABLE batch_leads (
    batch BIGINT NOT NULL REFERENCES batches (number) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    -- waiting, done, failed, cancelled
    state TEXT NOT NULL,
    -- What the request said, until it is done.
    body TEXT NOT NULL,
    email TEXT,
    lead BIGINT REFERENCES leads (number) ON DELETE SET NULL,
    score DOUBLE PRECISION,
    tier TEXT,
    error TEXT,
    PRIMARY KEY (batch, place)
);
CREATE INDEX batch_leads_by_lead ON batch_leads (lead);

-- Where a lead is in a CRM system.
CREATE TABLE crm_records (
    tenant TEXT NOT NULL,
    lead BIGINT NOT NULL REFERENCES leads (number) ON DELETE CASCADE,
    crm TEXT NOT NULL,
    -- Our id of the lead as the CRM system knows it: the one it had when it was first written there.
    external_id TEXT NOT NULL,
    record TEXT NOT NULL,
    deal TEXT,
    synced_at BIGINT NOT NULL,
    PRIMARY KEY (lead, crm)
);
