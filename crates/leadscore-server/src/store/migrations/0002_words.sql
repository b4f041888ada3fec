-- What was written to leads, what language models cost, and answers that are given again for the same idempotency key.
CREATE TABLE emails (
    number {serial},
    tenant TEXT NOT NULL,
    lead BIGINT REFERENCES leads (number) ON DELETE SET NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    content TEXT NOT NULL,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost_picodollars BIGINT,
    was_cached BIGINT NOT NULL,
    message_id TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX emails_by_tenant ON emails (tenant, created_at);

CREATE TABLE model_calls (
    number {serial},
    tenant TEXT NOT NULL,
    at BIGINT NOT NULL,
    predictions BIGINT NOT NULL
);
CREATE INDEX model_calls_by_tenant ON model_calls (tenant, at);

CREATE TABLE idempotency (
    tenant TEXT NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    request TEXT NOT NULL,
    status BIGINT,
    content_type TEXT,
    body TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, route, key)
);

CREATE TABLE audit (
    number {serial},
    tenant TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX audit_by_tenant ON audit (tenant, at);
