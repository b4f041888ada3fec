// The calls of a CRM synchronisation, made by HubSpot's own client and by jsforce: node crm.mjs hubspot|salesforce ADDRESS
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.THIRD_PARTY_DIR, "package.json"));
const [, , crm, address] = process.argv;

async function hubspot() {
  const { Client } = require("@hubspot/api-client");
  const client = new Client({ accessToken: "pat-na1-secret", basePath: address, numberOfApiCallRetries: 0 });
  await client.crm.owners.ownersApi.getPage("rep+1@yourcompany.com", undefined, 10, false);
  await client.crm.pipelines.pipelinesApi.getAll("deals");
  await client.crm.contacts.batchApi.read({
    idProperty: "email",
    inputs: [{ id: "john@acme.com" }],
    properties: [
      "company", "email", "firstname", "hs_additional_emails", "hubspot_owner_id", "lastname", "leadscore_lead_id",
      "leadscore_score", "leadscore_tier",
    ],
    propertiesWithHistory: [],
  });
  await client.crm.contacts.batchApi.upsert({
    inputs: [{
      idProperty: "email",
      id: "john@acme.com",
      objectWriteTraceId: "0",
      properties: {
        firstname: "John", lastname: "Smith", company: "Acme", hubspot_owner_id: "4242", leadscore_lead_id: "lead_8f3k2j1",
        leadscore_score: "87", leadscore_tier: "HOT", lifecyclestage: "salesqualifiedlead",
      },
    }],
  });
  await client.crm.deals.batchApi.read({
    idProperty: "leadscore_lead_id",
    inputs: [{ id: "lead_8f3k2j1" }],
    properties: ["leadscore_lead_id", "pipeline", "dealstage"],
    propertiesWithHistory: [],
  });
  await client.crm.deals.batchApi.create({
    inputs: [{
      objectWriteTraceId: "0",
      associations: [{
        to: { id: "501" },
        types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 3 }],
      }],
      properties: {
        dealname: "Acme", pipeline: "default", dealstage: "appointmentscheduled", hubspot_owner_id: "4242",
        leadscore_lead_id: "lead_8f3k2j1",
      },
    }],
  });
  await client.crm.properties.coreApi.create("deals", {
    name: "leadscore_lead_id", label: "Lead id", type: "string", fieldType: "text", groupName: "dealinformation",
    hasUniqueValue: true,
  });
}

async function salesforce() {
  const { Connection, OAuth2 } = require("jsforce");
  const oauth2 = new OAuth2({ clientId: "3MVG9", clientSecret: "s3cret+/", loginUrl: address });
  await oauth2.refreshToken("5Aep+x");
  const { access_token: accessToken } = await oauth2.requestToken({ grant_type: "client_credentials" });
  const connection = new Connection({ instanceUrl: address, accessToken, version: "66.0", maxRequest: 1 });
  await connection.sobject("User").find({ Email: "o'brien@x.com", IsActive: true }, ["Id"]).limit(2);
  const fields = [
    "Company", "ConvertedContactId", "Email", "FirstName", "Id", "IsConverted", "LastName", "Leadscore_Id__c",
    "Leadscore_Score__c", "Leadscore_Tier__c", "OwnerId", "Rating",
  ];
  // No backslash: jsforce 3.10.16 leaves it as it is, so that it would take the quote behind it away.
  await connection.sobject("Lead").find({ Leadscore_Id__c: { $in: ["l'1", "l-2"] } }, fields);
  const lead = (id, name) => ({
    Leadscore_Id__c: id, Email: `${name}@acme.com`, FirstName: "John", LastName: "Smith", Company: "Acme",
    OwnerId: "005R", Rating: "Hot", Leadscore_Score__c: 87, Leadscore_Tier__c: "HOT",
  });
  await connection.sobject("Lead").upsert([lead("l'1", "john"), lead("l-2", "jane")], "Leadscore_Id__c", {
    allOrNone: false,
    headers: { "Sforce-Auto-Assign": "FALSE" },
  });
}

await { hubspot, salesforce }[crm]();
