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
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE UNIQUE INDEX jobs_by_key ON jobs (tenant, kind, key);
CREATE INDEX jobs_to_do ON jobs (kind, state, due_at);
CREATE INDEX jobs_by_lane ON jobs (lane, state);
CREATE INDEX jobs_by_lead ON jobs (lead);
CREATE INDEX jobs_by_end ON jobs (state, finished_at);

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

CREATE TABLE batches (
    number {serial},
    id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    actor TEXT NOT NULL,
    priority TEXT NOT NULL,
    total BIGINT NOT NULL,
    -- queued, processing, completed, failed, cancelled
    state TEXT NOT NULL,
    webhook TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    completed_at BIGINT
);
CREATE INDEX batches_by_tenant ON batches (tenant, state);

CREATE TABLE batch_leads (
    batch BIGINT NOT NULL REFERENCES batches (number) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    -- waiting, done, failed
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
    record TEXT NOT NULL,
    deal TEXT,
    synced_at BIGINT NOT NULL,
    PRIMARY KEY (lead, crm)
);
