//! Leads and their scores in Salesforce.
