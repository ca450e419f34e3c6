//! The suite that every store has to pass: each sentence of `hearken_core::store` as a case, run alike on every back
//! end.
//!
//! A back end says how a store of its own is made and opened again ([`Fixture`]), and writes
//! `store_conformance!(make)`; each case is then a test of its own, on a fresh store.

mod arrivals;
mod bench;
mod conversations;
mod events;
mod forgetting;
mod inbox;
mod index;
mod load;
mod notices;
mod people;
mod records;
mod scene;
mod shared;
mod timers;
mod trim;
mod waiting;
mod whole;

use std::sync::Arc;

use futures_util::future::{BoxFuture, LocalBoxFuture};
use hearken_core::store::Store;

use self::bench::Bench;

/// A place where one store lives, empty at first.
pub trait Fixture: Send + 'static {
    /// Opens the store there; again, after the one opened before has been dropped, and it holds what was written.
    fn open(&self) -> BoxFuture<'_, Arc<dyn Store>>;
}

/// Makes a test of every case. `$make` names an async function without arguments that makes a [`Fixture`].
#[macro_export]
macro_rules! store_conformance {
    ($make:path) => {
        $crate::conformance_cases! { [$crate::conformance_tests] $make }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($make:path; $($group:ident { $($case:ident)* })*) => {$(
        mod $group {
            use super::*;

            $(#[tokio::test]
            async fn $case() {
                $crate::conformance::run(stringify!($group), stringify!($case), $make().await).await;
            })*
        }
    )*};
}

/// Every case there is: a group is a module here.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ([$($callback:tt)*] $($make:path)?) => {
        $($callback)*! { $($make)?;
            conversations {
                a_new_one_reads_back_by_identifier_and_by_key
                one_without_a_key_is_found_by_identifier_alone
                an_update_replaces_the_row
                members_are_replaced_when_they_changed
                members_stay_when_they_did_not_change
                a_key_is_unique_within_organisation_and_kind
                an_identifier_is_used_once
                the_last_place_counts_events_that_came_alone
                the_last_place_counts_what_the_row_says
                one_of_an_unknown_kind_is_not_there
                a_newer_state_comes_back_and_is_passed_over
                any_text_reads_back
                those_that_somebody_is_in_come_in_pages
                they_outlive_the_store_being_closed
            }
            events {
                they_read_back_whole
                each_audience_reads_back
                a_stretch_ends_where_it_should
                a_place_past_every_log_holds_nothing
                conversations_keep_their_events_apart
                a_place_is_used_once
                what_is_not_kept_has_no_body
                pending_sets_read_back
                a_newer_body_comes_back_and_is_passed_over
                they_outlive_the_store_being_closed
                a_large_batch_is_written_whole
            }
            load {
                it_answers_each_ask_in_order
                only_events_can_be_asked_for
                what_is_not_there_is_missing
                an_event_is_found_by_place
                an_event_is_found_by_its_authors_name
                events_are_found_by_anyones_name
                names_hold_within_their_conversation
                an_event_asked_for_twice_comes_once
                it_tells_who_waits_and_what_is_kept
                the_oldest_that_wait_come_with_their_bodies
                a_timer_is_told_while_it_is_set
                one_of_an_unknown_kind_is_not_loaded
            }
            waiting {
                a_change_lowers_the_set
                a_change_frees_the_body
                what_never_waited_stays_so_when_its_body_goes
                a_change_reaches_an_event_of_its_own_batch
                the_last_change_of_a_batch_holds
                a_change_of_what_is_gone_is_nothing
                a_cleared_slot_leaves_every_set_up_to_a_place
                a_body_goes_with_the_last_slot_cleared
                a_slot_is_cleared_after_the_batchs_other_changes
                a_cleared_slot_leaves_other_conversations_alone
                a_cleared_slot_leaves_what_waits_for_nobody_alone
                the_highest_slot_is_one_like_any
                a_slot_is_out_of_many_sets_at_once
                an_emptied_log_keeps_places_and_names
                what_comes_after_an_emptied_log_stays
            }
            inbox {
                it_lists_where_a_member_is_in
                it_lists_the_kinds_asked_for
                what_waits_is_listed_from_floor_to_last
                a_list_is_cut_at_its_limit
                arrival_orders_over_conversations
                each_place_gets_its_own_list
                bodies_come_in_the_order_asked_with_whom_they_wait_for
                what_is_gone_is_missing
                conversations_where_something_waits_are_listed
                an_unknown_kind_is_missing
                a_raised_floor_is_told_and_never_sinks
                a_floor_is_one_members_own
                floors_outlive_a_rewrite_of_the_members
            }
            trim {
                what_everybody_has_received_goes
                what_waits_or_never_waited_stays
                what_was_withdrawn_goes_where_things_wait
                what_is_young_stays
                the_last_stays
                it_takes_no_more_than_its_limit
                a_name_goes_with_its_row
                places_go_on_after_it
                it_reaches_every_conversation
            }
            index {
                a_row_is_found_by_its_key
                a_put_takes_the_place_of_the_row_before
                a_removed_row_is_gone
                changes_of_a_batch_happen_in_order
                both_ends_of_a_range_count
                rows_come_in_order
                a_list_is_cut_at_its_limit
                a_page_is_told_with_how_many_there_are
                keys_and_indexes_do_not_mix
                they_outlive_the_store_being_closed
            }
            timers {
                a_timer_is_listed_until_it_is_cancelled
                the_earliest_come_first
                setting_again_moves_it
                setting_once_leaves_one_that_is_set
                changes_of_a_batch_happen_in_order
                conversations_keep_their_timers_apart
                a_list_is_cut_at_its_limit
                they_outlive_the_store_being_closed
            }
            notices {
                one_reads_back_whole
                they_come_in_order_and_to_each_his_own
                the_kinds_asked_for_are_listed
                a_list_goes_on_from_a_place
                those_that_were_passed_are_gone
                what_comes_later_is_listed_last_whatever_has_gone
                of_too_many_the_oldest_go
                they_outlive_the_store_being_closed
                those_for_nobody_are_found_by_the_check
            }
            people {
                an_account_is_found_by_identifier_and_by_phone
                an_account_without_anything_reads_back
                an_update_replaces_the_account
                a_phone_given_up_can_be_taken
                a_phone_is_unique
                an_email_is_unique
                a_name_of_an_organisation_is_unique
                nothing_is_unique_about_what_is_missing
                accounts_come_in_pages
                organisations_come_in_order
                the_newest_signing_key_comes_last
                they_outlive_the_store_being_closed
                a_guests_address_collides_with_nobodys
                a_change_insists_on_the_account_it_has_seen
                a_removed_account_leaves_its_number_to_others
                a_page_counts_what_it_does_not_show
                a_removed_key_is_gone
            }
            records {
                one_reads_back_whole
                every_change_raises_the_version
                a_change_insists_on_what_was_seen
                those_of_an_account_are_listed_and_go_with_it
                those_of_a_space_come_in_order
                what_has_expired_is_swept_a_part_at_a_time
            }
            forgetting {
                rows_go_where_gaps_may_be
                rows_stay_and_are_empty_where_none_may_be
                a_part_is_taken_at_a_time
                what_lies_before_has_been_forgotten
                places_are_not_used_again
                an_audience_forgets_his_name
                membership_and_notices_go_with_him
                a_whole_conversation_goes_and_no_other
                it_comes_after_all_else_of_its_batch
                places_are_listed_whoever_has_left_and_whatever_the_kind
                traces_are_found_where_he_is_no_member
                records_are_found_by_a_word_in_them
                what_is_kept_for_an_account_goes_with_it
                cleaning_takes_nothing_away
            }
            arrivals {
                the_last_one_counts_up
                conversations_that_grew_are_listed
                they_are_listed_in_pages
                the_last_events_of_a_conversation_are_read
                notices_told_lately_are_listed
                accounts_are_found_among_others
            }
            shared {
                what_is_held_holds_until_somebody_touches_it
                whatever_may_be_at_hand_raises_the_stamp_by_one
                what_is_held_of_members_is_replaced_when_they_have_changed
                what_is_held_and_gone_is_stale_and_missing
                of_two_who_open_one_natural_key_one_is_told
                no_change_of_two_who_change_at_once_is_lost
                a_ledger_reads_what_another_has_left_of_a_store_closed
            }
            whole {
                a_batch_that_fails_leaves_nothing
                an_empty_batch_is_written
                one_ledger_alone_is_given_out_once
                it_answers
                what_is_sound_passes_the_check
            }
        }
    };
}

macro_rules! find_case {
    (; $($group:ident { $($case:ident)* })*) => {
        fn find_case(group: &str, case: &str, bench: Bench) -> LocalBoxFuture<'static, ()> {
            match (group, case) {
                $($((stringify!($group), stringify!($case)) => Box::pin($group::$case(bench)),)*)*
                _ => panic!("there is no case {group}::{case}"),
            }
        }
    };
}

conformance_cases! { [find_case] }

/// Runs one case on a fresh store.
///
/// # Panics
/// When the store does not do what the case asks of it.
pub async fn run(group: &str, case: &str, fixture: impl Fixture) {
    find_case(group, case, Bench::open(Box::new(fixture)).await).await;
}
