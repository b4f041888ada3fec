//! Exports of CRM systems: the header row of each, with one lead of our own making, is read without a mapping.

use leadscore::{Attribute, Lead, Pipeline};
use leadscore_files::{LeadInput, Note, ReadLead};

/// A system, its header and one row, and what has to be found in it: id, name, company, job title, e-mail address.
type Export = (&'static str, &'static str, &'static str, [&'static str; 5]);

const EXPORTS: [Export; 15] = [
    (
        "HubSpot",
        "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Primary Associated Company,Job Title,\
         Last Activity Date (EST),Lead Status,Create Date (EST),Number of Pageviews,Country/Region",
        "10151,Ann,Lee,ann@acme.example,+1 202-555-0101,Bo Ray,Acme,VP Sales,2026-11-20 10:00,NEW,2026-10-01 09:00,12,Germany",
        ["10151", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "Salesforce report",
        "Lead ID,First Name,Last Name,Title,Company / Account,Email,Phone,Lead Source,Lead Status,Create Date,Last Activity,\
         Annual Revenue,No. of Employees,Country,Lead Owner",
        "00Q5e00001abcDE,Ann,Lee,VP Sales,Acme,ann@acme.example,+1 202-555-0101,Web,Open,2026-10-01,2026-11-20,5000000,250,\
         Germany,Bo Ray",
        ["00Q5e00001abcDE", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "Salesforce Data Loader",
        "ID,LASTNAME,FIRSTNAME,NAME,TITLE,COMPANY,COUNTRY,PHONE,EMAIL,LEADSOURCE,STATUS,ANNUALREVENUE,NUMBEROFEMPLOYEES,\
         OWNERID,CREATEDDATE,LASTACTIVITYDATE",
        "00Q5e00001abcDEAAY,Lee,Ann,Ann Lee,VP Sales,Acme,Germany,+1 202-555-0101,ann@acme.example,Web,Open,5000000,250,\
         0055e000001AbCdAAK,2026-10-01T09:00:00.000Z,2026-11-20",
        ["00Q5e00001abcDEAAY", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "Dynamics 365",
        "(Do Not Modify) Lead,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Topic,First Name,Last Name,Job Title,\
         Company Name,Email,Business Phone,Country/Region,Created On,Annual Revenue,No. of Employees",
        "7a1f0c9e-0d6b-4a51-8f0e-1c2d3e4f5a6b,aGVsbG8=,2026-11-20 10:00,Interested in pumps,Ann,Lee,VP Sales,Acme,\
         ann@acme.example,+1 202-555-0101,Germany,2026-10-01 09:00,5000000,250",
        ["7a1f0c9e-0d6b-4a51-8f0e-1c2d3e4f5a6b", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "Zoho",
        "Record Id,Lead Owner.id,Lead Owner,Company,First Name,Last Name,Designation,Email,Phone,Lead Source,Lead Status,\
         No. of Employees,Annual Revenue,Country,Created Time,Last Activity Time",
        "zcrm_5243210000000401001,zcrm_5243210000000123001,Bo Ray,Acme,Ann,Lee,VP Sales,ann@acme.example,+1 202-555-0101,Web,\
         New,250,5000000,Germany,2026-10-01 09:00:00,2026-11-20 10:00:00",
        ["zcrm_5243210000000401001", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "Pipedrive",
        "Lead - ID,Lead - Title,Lead - Owner,Person - Name,Person - Email - Work,Person - Phone - Work,Person - Job title,\
         Organization - Name,Lead - Lead created",
        "0b7e1d30-7c3a-11ee-b962-0242ac120002,Acme lead,Bo Ray,Ann Lee,ann@acme.example,+1 202-555-0101,VP Sales,Acme,\
         2026-10-01 09:00:00",
        ["0b7e1d30-7c3a-11ee-b962-0242ac120002", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "Odoo",
        "External ID,Opportunity,Contact Name,Company Name,Email,Phone,Job Position,Country,Created on,Salesperson",
        "__export__.crm_lead_7_1f2e3d4c,Pumps for the plant,Ann Lee,Acme,ann@acme.example,+1 202-555-0101,VP Sales,Germany,\
         2026-10-01 09:00:00,Bo Ray",
        ["__export__.crm_lead_7_1f2e3d4c", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "Mautic",
        "id,date_added,date_identified,last_active,points,title,firstname,lastname,company,position,email,phone,mobile,country",
        "42,2026-10-01 09:00:00,2026-10-01 09:05:00,2026-11-20 10:00:00,35,Ms,Ann,Lee,Acme,VP Sales,ann@acme.example,\
         +1 202-555-0101,,Germany",
        ["42", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "SuiteCRM",
        "ID,First Name,Last Name,Title,Account Name,Email Address,Office Phone,Mobile,Status,Lead Source,\
         Primary Address Country,Date Created,Date Modified",
        "1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d,Ann,Lee,VP Sales,Acme,ann@acme.example,+1 202-555-0101,,New,Web,Germany,\
         2026-10-01 09:00,2026-11-20 10:00",
        ["1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "Frappe",
        "ID,Full Name,First Name,Last Name,Organization,Job Title,Email,Mobile No,Status,Source,No. of Employees,Created On",
        "CRM-LEAD-2026-00007,Ann Lee,Ann,Lee,Acme,VP Sales,ann@acme.example,+1 202-555-0101,New,Web,250,2026-10-01 09:00:00",
        ["CRM-LEAD-2026-00007", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "ERPNext",
        "ID,Lead Name,Organization Name,Job Title,Email ID,Mobile No.,Status,Country,No of Employees,Annual Revenue,Created On",
        "CRM-LEAD-2026-00008,Ann Lee,Acme,VP Sales,ann@acme.example,+1 202-555-0101,Lead,Germany,250,5000000,\
         2026-10-01 09:00:00",
        ["CRM-LEAD-2026-00008", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "Marketo",
        "Id,First Name,Last Name,Email Address,Company Name,Job Title,Phone Number,Country,Num Employees,Annual Revenue,\
         Person Score,Created At",
        "318581,Ann,Lee,ann@acme.example,Acme,VP Sales,+1 202-555-0101,Germany,250,5000000,35,2026-10-01 09:00:00",
        ["318581", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "Apollo",
        "First Name,Last Name,Title,Company Name,Company Name for Emails,Email,Email Status,Seniority,Departments,\
         Contact Owner,Work Direct Phone,Mobile Phone,Stage,Last Contacted,# Employees,Industry,Country,Annual Revenue,\
         Apollo Contact Id,Apollo Account Id",
        "Ann,Lee,VP Sales,Acme,Acme,ann@acme.example,Verified,Vp,Sales,bo@us.example,+1 202-555-0101,,Cold,2026-11-20,250,\
         machinery,Germany,5000000,6435f0e0aa11bb22cc33dd44,5e66b6381e05b4008c8331b8",
        ["6435f0e0aa11bb22cc33dd44", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "Freshsales",
        "Id,First name,Last name,Job title,Emails,Work number,Mobile,Sales account,Sales owner,Country,Created at",
        "70000012345,Ann,Lee,VP Sales,ann@acme.example,+1 202-555-0101,,Acme,Bo Ray,Germany,2026-10-01 09:00:00",
        ["70000012345", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
    (
        "ActiveCampaign",
        "Contact ID,Email,First Name,Last Name,Phone,Account Name,Job Title,Date Created",
        "17,ann@acme.example,Ann,Lee,+1 202-555-0101,Acme,VP Sales,2026-10-01 09:00:00",
        ["17", "Ann Lee", "Acme", "VP Sales", "ann@acme.example"],
    ),
];

fn text<'a>(lead: &'a Lead, name: &str) -> &'a str {
    match lead.attributes.get(name) {
        Some(Attribute::Text(text)) => text,
        other => panic!("{name}: {other:?}"),
    }
}

/// The leads of a table, and what was noted when it was opened and read.
fn read(pipeline: &Pipeline, table: &str) -> (Vec<Lead>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leads.csv");
    std::fs::write(&path, table).unwrap();
    let mut notes: Vec<Note> = Vec::new();
    let mut reader = LeadInput::new(path.to_string_lossy()).open(pipeline, &mut notes).unwrap();
    let mut leads = Vec::new();
    while reader.read_lead().unwrap() == ReadLead::Lead {
        leads.push(reader.lead().clone());
    }
    let mut said: Vec<String> = notes.iter().map(ToString::to_string).collect();
    said.extend(reader.warnings().iter().map(ToString::to_string));
    (leads, said.join("\n"))
}

#[test]
fn exports_are_read_without_a_mapping() {
    let pipeline = Pipeline::builtin("conversion").unwrap();
    for (system, header, row, [id, name, company, title, email]) in EXPORTS {
        let (leads, said) = read(&pipeline, &format!("{header}\n{row}\n"));
        let [lead] = leads.as_slice() else { panic!("{system}: {leads:?}") };
        assert_eq!(lead.id.as_deref(), Some(id), "{system}");
        let found = ["name", "company", "title", "email"].map(|attribute| text(lead, attribute));
        assert_eq!(found, [name, company, title, email], "{system}");
        assert_eq!(text(lead, "phone"), "+1 202-555-0101", "{system}");
        let has_creation = lead.attributes.contains_key("created_at");
        assert_eq!(has_creation, system != "Apollo", "{system}: {said}");
        assert!(!said.contains("no id") && !said.contains("lead's id"), "{system}: {said}");
    }
}

#[test]
fn a_reports_title_and_footer_are_no_leads() {
    let pipeline = Pipeline::builtin("conversion").unwrap();
    let (_, header, row, _) = EXPORTS[1];
    let second = row.replacen("00Q5e00001abcDE", "00Q5e00001abcDF", 1);
    for title in [
        "",
        "Open Leads\n",
        "Open Leads\n\n",
        "Open Leads\nAs of 2026-11-22 10:00:00 CET • Generated by Bo Ray\n\n",
    ] {
        for footer in [
            "\n\n\"Open Leads\"\n\"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved.\"\n\
             \"Confidential Information - Do Not Distribute\"\n\"Generated By:  Bo Ray  11/22/2026 10:10 AM\"\n\"Our Company\"\n",
            "Confidential Information - Do Not Distribute\nCopyright (c) 2000-2026 salesforce.com, inc. All rights reserved.\n",
        ] {
            let (leads, said) = read(&pipeline, &format!("{title}{header}\n{row}\n{second}\n{footer}"));
            let ids: Vec<&str> = leads.iter().filter_map(|lead| lead.id.as_deref()).collect();
            assert_eq!(ids, ["00Q5e00001abcDE", "00Q5e00001abcDF"], "{title}{said}");
            assert!(said.contains("a report's footer, skipped"), "{said}");
        }
    }
}

#[test]
fn a_column_that_the_pipeline_reads_is_no_name() {
    let schema = r#"{"features": [
        {"name": "contact", "type": "category", "levels": ["cellular", "telephone"], "source": {"from": "attribute"}},
        {"name": "account", "type": "number", "source": {"from": "attribute"}},
        {"name": "role", "type": "text", "source": {"from": "attribute"}}]}"#;
    let pipeline = Pipeline::from_json(&format!(
        r#"{{"format": 1, "id": "bank", "schema": {schema}, "scorer": {{"kind": "scorecard", "unit": "points", "base": 0,
            "groups": [{{"code": "g", "rules": [{{"code": "a", "points": "account", "text": "a"}}]}}]}},
            "scale": {{"kind": "points"}}, "tiers": "hot-warm-cold"}}"#
    ))
    .unwrap();
    let (leads, said) = read(&pipeline, "id,contact,account,role\n1,cellular,5,admin\n2,telephone,6,boss\n");
    assert_eq!(text(&leads[0], "contact"), "cellular");
    for name in ["name", "company", "title"] {
        assert!(!leads[0].attributes.contains_key(name), "{name}: {said}");
    }
}

#[test]
fn an_id_column_of_another_name_is_proposed() {
    let pipeline = Pipeline::builtin("conversion").unwrap();
    let table = "team_id,enrolment_id,company\n1,E-1,Acme\n1,E-2,Bolt\n2,E-3,Core\n";
    let (leads, said) = read(&pipeline, table);
    assert_eq!(leads[2].id.as_deref(), Some("row:3"));
    assert!(said.contains("`enrolment_id` has another value in every row looked at"), "{said}");
    assert!(said.contains(r#""lead_id": "enrolment_id""#), "{said}");
    // Not where values repeat, and not an address.
    let (_, said) = read(&pipeline, "team_id,email_id,company\n1,a@x.example,Acme\n1,b@x.example,Bolt\n");
    assert!(said.contains("no column holds the lead's id") && !said.contains("another value"), "{said}");
}

#[test]
fn first_and_last_names_make_a_name_in_json_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leads.jsonl");
    let lines = "{\"id\": 1, \"firstname\": \"Ann\", \"lastname\": \"Lee\"}\n{\"id\": 2, \"last_name\": \"Ray\"}\n\
                 {\"id\": 3, \"name\": \"Cy\", \"first_name\": \"Other\"}\n{}\n{\"company\": \" \"}\n";
    std::fs::write(&path, lines).unwrap();
    let mut notes: Vec<Note> = Vec::new();
    let pipeline = Pipeline::builtin("conversion").unwrap();
    let mut reader = LeadInput::new(path.to_string_lossy()).open(&pipeline, &mut notes).unwrap();
    let mut names = Vec::new();
    while reader.read_lead().unwrap() == ReadLead::Lead {
        names.push(text(reader.lead(), "name").to_owned());
    }
    assert_eq!(names, ["Ann Lee", "Ray", "Cy"]);
    let said: Vec<String> = reader.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(said, ["line 4: 2 records without any value, skipped; the first on line 4"]);
}

#[test]
fn a_blank_id_of_a_record_is_none_and_a_word_for_missing_is_no_name() {
    let pipeline = Pipeline::builtin("capture").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leads.jsonl");
    std::fs::write(&path, "{\"id\": \"\", \"company\": \"A\"}\n{\"id\": \" x1 \", \"company\": \"B\"}\n")
        .unwrap();
    let mut reader = LeadInput::new(path.to_string_lossy()).open(&pipeline, &mut Vec::<Note>::new()).unwrap();
    let mut ids = Vec::new();
    while reader.read_lead().unwrap() == ReadLead::Lead {
        ids.push(reader.lead().id.clone().unwrap());
    }
    assert_eq!(ids, ["row:1", "x1"]);
    let (leads, _) = read(&pipeline, "id,First Name,Last Name\n1,Ann,[not provided]\n2,Bo,-\n3,Cid,Dee\n");
    let names: Vec<_> = leads.iter().map(|lead| lead.attributes.get("name").cloned()).collect();
    assert_eq!(names, [Some("Ann".into()), Some("Bo".into()), Some("Cid Dee".into())]);
}

#[test]
fn a_mapping_may_be_written_by_a_windows_editor() {
    let folder = tempfile::tempdir().unwrap();
    let [leads, map] = ["leads.csv", "map.json"].map(|name| folder.path().join(name));
    std::fs::write(&leads, "Kennung,Firma\n7,Acme\n").unwrap();
    let text = "{\"format\": 1, \"lead_id\": \"Kennung\", \"attributes\": {\"company\": \"Firma\"}}";
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for bytes in [format!("\u{FEFF}{text}").into_bytes(), utf16] {
        std::fs::write(&map, bytes).unwrap();
        let input = LeadInput::new(leads.to_string_lossy()).mapping(&map);
        let mut reader =
            input.open(&Pipeline::builtin("conversion").unwrap(), &mut Vec::<Note>::new()).unwrap();
        assert_eq!(reader.read_lead().unwrap(), ReadLead::Lead);
        assert_eq!(reader.lead().id.as_deref(), Some("7"));
    }
}
