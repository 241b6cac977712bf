//! What holds of every store, whatever it keeps the configuration in.
//!
//! A case is given a backend with a fresh database and opens it as often as it likes. Nothing but [`backend`] knows
//! which database it is.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]
#![expect(clippy::needless_pass_by_value, reason = "json! is a value")]

mod backend;
mod cascades;
mod changes;
mod client_secrets;
mod collation;
mod commits;
mod credentials;
mod federated_identities;
mod filters;
mod fixtures;
mod listing;
mod log_streams;
mod one_time_uses;
mod ownerships;
mod paging;
mod quotas;
mod rate_counts;
mod records;
mod revoked_tokens;
mod signing_keys;
mod steps;
mod uniqueness;

macro_rules! suite {
    ($($module:ident { $($case:ident)* })*) => {
        mod sqlite {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    crate::$module::$case(crate::backend::fresh::<crate::backend::SqliteFile>()).await;
                })*
            })*
        }

        mod postgres {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    crate::$module::$case(crate::backend::fresh::<crate::backend::PostgresDatabase>()).await;
                })*
            })*
        }
    };
}

suite! {
    records {
        an_empty_store_has_nothing_and_is_at_revision_0
        every_record_reads_back_as_it_was_written
        every_update_reads_back_as_it_was_written
        a_client_of_an_api_is_found_by_it
        what_is_not_there_is_none
        load_has_everything_at_one_revision
        a_store_that_is_opened_again_has_all_of_it
        two_stores_on_one_database_see_each_others_commits
        two_stores_on_one_database_write_in_one_order
        stores_that_open_a_new_database_at_the_same_moment_all_do
    }
    ownerships {
        whom_records_belong_to_reads_back_and_goes_with_them
        what_is_protected_goes_neither_alone_nor_along
        a_commit_that_expects_a_revision_is_stale_after_another
    }
    one_time_uses {
        a_use_is_the_first_once_on_every_node
        of_50_uses_at_once_one_is_the_first
        a_use_is_forgotten_an_hour_after_its_end
        who_starts_after_an_orderly_stop_knows_all_uses
        who_starts_after_a_crash_knows_that_it_does_not_know_all
    }
    quotas {
        all_nodes_together_reserve_no_more_than_the_limit
        of_200_reservations_at_once_each_is_of_other_tokens
        what_is_given_back_can_be_reserved_again
        the_highest_warning_is_remembered
        a_window_is_forgotten_two_days_after_it_began
    }
    rate_counts {
        all_nodes_hear_how_much_all_of_them_have_let_through
        who_has_nothing_to_tell_hears_all_the_same
        a_bucket_is_busy_for_as_long_as_its_requests_take_to_come_back
        a_bucket_that_is_full_again_owes_nothing
        of_many_buckets_told_at_once_by_two_nodes_nothing_is_lost
        what_has_been_full_for_an_hour_is_forgotten
    }
    revoked_tokens {
        a_revoked_token_is_loaded_and_followed
        a_token_that_is_revoked_twice_is_there_once
        what_expired_a_day_ago_goes_with_its_change_when_another_comes
    }
    uniqueness {
        a_second_grant_of_the_same_client_api_and_subject_type_is_a_duplicate
        a_second_default_grant_of_the_same_api_and_subject_type_is_a_duplicate
        grants_that_differ_in_any_part_of_the_key_stand_side_by_side
        of_100_grants_made_at_once_one_is_there
        of_100_grants_made_at_once_on_two_stores_one_is_there
        of_many_grants_made_at_once_all_are_there_but_those_that_cannot_be
        a_key_is_free_again_when_its_record_is_gone
        identifiers_names_and_ids_are_unique
        an_association_is_made_once
    }
    signing_keys {
        a_key_reads_back_in_each_of_its_states
        a_change_from_another_state_is_stale
        a_revoked_key_stays_as_it_is
        of_each_kind_one_key_signs_and_one_is_next
        of_two_rotations_at_once_on_two_stores_one_happens
        a_removed_key_is_gone
    }
    collation {
        identifiers_and_names_are_compared_byte_by_byte
        lists_are_in_byte_order
        any_text_survives
    }
    commits {
        the_revision_grows_by_one_with_each_commit
        a_commit_that_fails_leaves_revision_and_records_alone
        all_changes_of_a_commit_or_none
        changes_of_a_commit_see_the_ones_before_them
        what_a_change_needs_and_is_not_there_is_missing
        an_update_of_another_version_is_stale
        of_20_updates_of_one_version_one_happens
        many_grants_in_one_commit_are_all_there_or_none
        commits_side_by_side_do_not_spoil_each_other
        every_answered_commit_has_a_revision_of_its_own
    }
    cascades {
        a_client_goes_with_its_grants_and_their_associations
        an_api_goes_with_its_grants_and_their_associations
        a_grant_goes_with_its_associations
        an_organization_goes_with_its_associations_and_as_a_default
        an_api_moves_with_its_grants
        the_default_audience_moves_with_its_api
        an_api_does_not_move_onto_another
        a_move_does_not_relax_the_rest_of_its_commit
    }
    federated_identities {
        an_identity_reads_back_as_it_was_written
        identities_of_a_client_are_in_order_of_creation
        an_identity_is_found_under_its_client_only
        a_client_goes_with_its_identities
        an_update_of_another_version_is_stale
        what_an_identity_needs_is_missing
        the_21st_identity_of_a_client_is_too_many
        of_30_identities_made_at_once_20_are_there
    }
    log_streams {
        a_stream_reads_back_as_it_was_written
        streams_are_in_order_of_creation
        an_update_of_another_version_is_stale
        the_26th_stream_is_too_many
    }
    credentials {
        every_kind_of_credential_reads_back_as_it_was_written
        credentials_are_listed_newest_first_and_each_client_has_its_own
        an_update_changes_the_name_and_the_dates_alone
        a_kid_names_one_key_of_a_client
        a_client_has_a_bounded_number_of_credentials
        a_credential_in_use_does_not_go
        of_an_update_that_uses_a_credential_and_its_deletion_one_happens
        a_client_uses_its_own_credentials_alone
        a_client_comes_with_its_credentials_in_one_commit
        a_client_goes_with_its_credentials
    }
    filters {
        grants_are_found_by_every_member_of_the_filter
        clients_are_found_by_every_member_of_the_filter
        clients_are_found_by_what_their_grants_allow
        apis_are_found_by_identifier
        organizations_are_found_by_grant_and_sorted
        a_filter_that_names_nothing_finds_nothing
    }
    paging {
        pages_by_position_are_the_list
        pages_by_cursor_are_the_list
        a_page_says_how_many_there_are_and_whether_there_is_more
        a_list_by_cursor_is_whole_while_others_come_and_go
        a_cursor_goes_on_when_its_item_is_gone
        a_page_and_its_total_are_of_one_moment
        the_global_client_is_last
    }
    client_secrets {
        all_secrets_of_a_client_read_back_with_their_terms
        a_use_is_known_at_once_to_the_minute_and_changes_no_revision
    }
    changes {
        changes_lead_from_any_revision_to_the_present
        every_step_is_followed
        changes_since_the_present_are_none
        each_changed_record_is_named_once
        very_many_grants_of_one_commit_are_all_named_in_their_order
    }
}
