//! What comes from outside does no harm: the properties that the fuzzers look into (`tests/fuzz`),
//! for the seeds and some hundred inputs made of them, the same each time.

use kms_core::testkit::fuzz::{
    Amounts, CloudAnswers, JournalRows, LegacyFiles, Mnemonics, PendingLists, SecretAnswers,
    SecretSettings, TypedSecrets, Urls, VaultContents, VaultFiles, sweep,
};

#[test]
fn amounts_are_read_exactly_or_not_at_all() {
    sweep(&Amounts, 3000);
}

#[test]
fn lists_of_the_cloud_are_taken_as_they_came() {
    sweep(&PendingLists, 3000);
}

#[test]
fn no_answer_of_the_cloud_forges_a_line_of_the_log() {
    sweep(&CloudAnswers, 3000);
}

#[test]
fn no_row_of_the_journal_is_believed_unless_it_is_authentic() {
    sweep(&JournalRows::new(), 500);
}

#[test]
fn only_the_vaults_own_file_opens() {
    sweep(&VaultFiles::new(), 500);
}

#[test]
fn any_object_is_a_vault_and_keeps_its_entries() {
    sweep(&VaultContents, 1000);
}

#[test]
fn files_of_the_original_open_if_they_hold_a_vault() {
    sweep(&LegacyFiles::new(), 500);
}

#[test]
fn mnemonics_and_entropy_agree() {
    sweep(&Mnemonics, 2000);
}

#[test]
fn no_answer_of_a_secret_service_gets_its_secret_told() {
    sweep(&SecretAnswers::new(), 3000);
}

#[test]
fn nobody_but_the_server_that_was_named_is_asked() {
    sweep(&Urls::new(), 5000);
}

#[test]
fn no_setting_of_a_secret_service_leads_astray() {
    sweep(&SecretSettings, 5000);
}

#[test]
fn secrets_are_taken_as_they_were_typed() {
    sweep(&TypedSecrets, 5000);
}
