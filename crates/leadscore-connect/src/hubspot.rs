//! Leads and their scores in HubSpot.
