//! What webhooks are told, for the section `webhooks` of the documentation.

use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, Paths, PathsBuilder, RefOr, Required, ResponseBuilder, Schema};

use crate::family::Family;
use crate::webhooks::{EventName, PING};

/// An operation for each event, by its name.
pub(super) fn webhooks() -> Paths {
    let ping = (PING, "A webhook is tried out.", ping_data());
    let events = EventName::ALL.into_iter().map(|event| (event.as_str(), description(event), data(event)));
    events
        .chain([ping])
        .fold(PathsBuilder::new(), |paths, (name, summary, data)| {
            let operation = OperationBuilder::new()
                .operation_id(Some(format!("on_{}", name.replace('.', "_"))))
                .tag(Family::Qualify.as_str())
                .summary(Some(summary))
                .parameters(Some(headers()))
                .request_body(Some(
                    RequestBodyBuilder::new()
                        .required(Some(Required::True))
                        .content(
                            "application/json",
                            ContentBuilder::new().schema(Some(body(name, data))).build(),
                        )
                        .build(),
                ))
                .response("2XX", ResponseBuilder::new().description("The event was taken.").build())
                .response(
                    "410",
                    ResponseBuilder::new().description("Nothing more is to be sent here.").build(),
                )
                .response(
                    "default",
                    ResponseBuilder::new().description("The event is sent again later.").build(),
                );
            paths.path(name, PathItem::new(HttpMethod::Post, operation.build()))
        })
        .build()
}

/// What signs an event, and names it.
fn headers() -> Vec<Parameter> {
    let header = |name: &str, description: &str| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .description(Some(description))
            .schema(Some(text()))
            .build()
    };
    vec![
        header(
            "X-Qualifier-Signature",
            "`t=…,v1=…`: HMAC-SHA256 of `t`, a full stop and the body; for the scheme `body` `sha256=…` of the body alone",
        ),
        header("X-Qualifier-Event", "the event's name"),
        header("X-Qualifier-Delivery", "an id of the attempt"),
        header("webhook-id", "the event's id, the same at each attempt"),
        header("webhook-timestamp", "the time of the attempt, in seconds since 1970"),
        header("webhook-signature", "`v1,…`: the signature of Standard Webhooks"),
    ]
}

fn body(name: &str, data: ObjectBuilder) -> Schema {
    let event = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([name]));
    let time = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .description(Some("When it happened."));
    object([("event", event.into()), ("timestamp", time.into()), ("data", data.into())]).into()
}

fn data(event: EventName) -> ObjectBuilder {
    let number = |kind| RefOr::from(ObjectBuilder::new().schema_type(kind));
    let email =
        || RefOr::from(ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null])));
    match event {
        EventName::LeadQualified | EventName::LeadScored => object([
            ("id", text().into()),
            ("email", email()),
            ("score", number(Type::Number)),
            (
                "tier",
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some(["HOT", "WARM", "COLD"]))
                    .into(),
            ),
        ]),
        EventName::LeadEnriched | EventName::LeadRouted => {
            object([("id", text().into()), ("email", email())])
        }
        EventName::BatchCompleted | EventName::BatchFailed => object([
            ("batch_id", text().into()),
            ("status", text().into()),
            ("total_leads", number(Type::Integer)),
            ("processed", number(Type::Integer)),
            ("failed", number(Type::Integer)),
            ("status_url", text().into()),
            ("completed_at", text().into()),
        ]),
    }
}

fn ping_data() -> ObjectBuilder {
    object([("webhook_id", text().into())])
}

fn description(event: EventName) -> &'static str {
    match event {
        EventName::LeadQualified => "A lead has been scored and assigned a tier.",
        EventName::LeadScored => "A lead that was qualified before has been scored again.",
        EventName::LeadEnriched => "What is known of the lead's company has been added.",
        EventName::LeadRouted => "The lead has been routed to a CRM system or a sales representative.",
        EventName::BatchCompleted => "A batch has been processed.",
        EventName::BatchFailed => "A batch has failed.",
    }
}

fn text() -> Schema {
    ObjectBuilder::new().schema_type(Type::String).build().into()
}

fn object<const N: usize>(fields: [(&str, RefOr<Schema>); N]) -> ObjectBuilder {
    fields
        .into_iter()
        .fold(ObjectBuilder::new(), |object, (name, schema)| object.property(name, schema).required(name))
}
