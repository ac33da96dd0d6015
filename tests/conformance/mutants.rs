//! Every broken store is found out, and every check finds one out: a check that cannot fail is a defect.

use std::collections::HashSet;

use larder::testing::conformance::{Subject, failures, names};

use crate::broken::{Broken, Flaw};

/// What is wrong, and a check that must find it out.
const FLAWS: &[(Flaw, &str)] = &[
    (Flaw::RemoveKeepsPermits, "a_clear_beats_every_fill"),
    (Flaw::IncrementConceals, "a_counter_says_that_it_was_counted"),
    (Flaw::IncrementExtends, "a_counter_dies_at_its_own_deadline"),
    (Flaw::IncrementInFloats, "a_counter_is_exact_to_the_last_digit"),
    (Flaw::IncrementForgetsTimeout, "a_counter_keeps_its_timeout_and_the_rest_of_its_record"),
    (Flaw::IncrementStopsAtZero, "a_counter_takes_any_step"),
    (Flaw::RemoveReads, "a_damaged_record_can_be_removed"),
    (Flaw::NoPermitOverDead, "a_dead_entry_gives_a_permit_and_the_fill_replaces_it"),
    (Flaw::FlushKeeps, "a_flush_removes_everything"),
    (Flaw::FreshYieldsToLive, "a_fresh_claim_gives_a_permit_over_a_live_entry"),
    (Flaw::FreshIsShared, "a_fresh_permit_voids_the_older"),
    (Flaw::HeadIsRemembered, "a_head_follows_what_is_stored"),
    (Flaw::HeadMixesEpochs, "a_head_is_told_whatever_epochs_live"),
    (Flaw::HeadForgetsTemplate, "a_head_says_how_long_an_entry_lives_and_whose_it_is"),
    (Flaw::RemoveCountsTwice, "a_key_that_is_named_twice_counts_once"),
    (Flaw::PermitOverLive, "a_live_entry_is_handed_out_and_no_permit"),
    (Flaw::PermitLooksNotAgain, "a_live_entry_is_handed_out_and_no_permit"),
    (Flaw::FullIsAnOutage, "what_a_full_store_cannot_keep_is_too_large"),
    (Flaw::FullPutsSayYes, "what_a_full_store_cannot_keep_is_too_large"),
    (Flaw::FullRemovalsAreTooLarge, "what_a_full_store_cannot_remove_is_unavailable_or_gone"),
    (Flaw::FullRemovalsSayYes, "what_a_full_store_cannot_remove_is_unavailable_or_gone"),
    (Flaw::FullRemovalsAreTooLarge, "an_epoch_that_a_full_store_cannot_renew_is_unavailable_or_another"),
    (Flaw::FullRenewsSayYes, "an_epoch_that_a_full_store_cannot_renew_is_unavailable_or_another"),
    (Flaw::HoldersOutliveTheirPermit, "a_dead_share_ends_with_its_permit"),
    (Flaw::ReleaseKeepsPermit, "a_permit_goes_with_its_last_share"),
    (Flaw::ReleaseIsForOne, "a_release_leaves_the_permit_to_those_who_share_it"),
    (Flaw::ReleaseRemovesAnyway, "a_release_of_a_void_permit_changes_nothing"),
    (Flaw::ReleaseVoidsAny, "a_release_of_a_void_permit_changes_nothing"),
    (Flaw::ReleaseAlwaysRemoves, "a_release_removes_the_entry_if_it_is_told_to"),
    (Flaw::ReleaseForgetsToRemove, "a_release_removes_the_entry_if_it_is_told_to"),
    (Flaw::ReleaseSaysYes, "a_release_says_whether_the_permit_was_there"),
    (Flaw::ReleaseCountsNumbers, "a_share_is_given_back_once"),
    (Flaw::ReleaseSaysWhetherItChanged, "a_share_is_given_back_once"),
    (Flaw::EpochsThatAreKnownShareAPermit, "claims_of_different_epochs_share_no_permit"),
    (Flaw::FewerEpochsShareNoPermit, "claims_that_read_fewer_epochs_share_a_permit"),
    (Flaw::EpochsShareAPermit, "claims_of_different_epochs_share_no_permit"),
    (Flaw::ReleaseIsForOne, "of_fifty_who_share_each_may_release"),
    (Flaw::CutsLargeValues, "a_mebibyte_comes_back"),
    (Flaw::FillKeepsPermit, "a_permit_fills_once"),
    (Flaw::PermitIsAStub, "a_permit_is_no_entry"),
    (Flaw::PermitsLastASecond, "a_permit_lasts_its_lifetime_and_no_longer"),
    (Flaw::PermitsLastForever, "a_permit_lasts_its_lifetime_and_no_longer"),
    (Flaw::PermitForgetsGroups, "a_permit_tells_the_epochs_of_its_groups"),
    (Flaw::SharedIsFresh, "a_shared_permit_is_one_and_the_first_fill_wins"),
    (Flaw::SweepsNeighbours, "a_sweep_keeps_to_its_namespace"),
    (Flaw::SweepsNoTemplates, "a_sweep_removes_the_dead_epochs_that_it_is_told"),
    (Flaw::SweepsAll, "a_sweep_removes_the_dead_epochs_that_it_is_told"),
    (Flaw::SweepsByOldEpochs, "a_sweep_keeps_what_is_stored_meanwhile"),
    (Flaw::SweepsForeign, "a_sweep_removes_what_is_of_no_current_epoch_and_nothing_else"),
    (Flaw::SweepsOnlyWhatItIsTold, "a_sweep_removes_what_is_of_no_current_epoch_and_nothing_else"),
    (Flaw::OverflowWraps, "a_timeout_near_overflow_never_expires"),
    (Flaw::AnyTokenFills, "absence_refuses"),
    (Flaw::FillsWithoutPermit, "absence_refuses"),
    (Flaw::AbsenceFills, "absence_refuses"),
    (Flaw::IncrementMakesForever, "an_absent_counter_is_made_with_its_timeout"),
    (Flaw::EpochsAreRandom, "an_epoch_is_made_once_and_is_one_for_all"),
    (Flaw::IncrementRevives, "an_expired_counter_starts_anew"),
    (Flaw::NoPermitOverExpired, "an_expired_entry_gives_a_permit_and_the_fill_replaces_it"),
    (Flaw::ExistsSeesExpired, "an_expired_entry_is_handed_out_as_expired_until_its_grace_is_over"),
    (Flaw::GraceIsLife, "an_expired_entry_is_handed_out_as_expired_until_its_grace_is_over"),
    (Flaw::NoGrace, "an_expired_entry_is_handed_out_as_expired_until_its_grace_is_over"),
    (Flaw::RemoveSparesExpired, "an_expired_entry_is_removed_and_was_not_live"),
    (Flaw::RemoveSeesExpired, "an_expired_entry_is_removed_and_was_not_live"),
    (Flaw::SwapsReplies, "calls_that_are_dropped_half_way_disturb_no_other"),
    (Flaw::ConnectsOnce, "connect_and_close_are_idempotent"),
    (Flaw::EpochsOfOneName, "epochs_of_different_names_differ"),
    (Flaw::CutsAtNul, "every_byte_comes_back"),
    (Flaw::PutKeepsPermits, "every_change_voids_a_permit"),
    (Flaw::IncrementKeepsPermits, "every_change_voids_a_permit"),
    (Flaw::PutManyKeepsPermits, "every_change_voids_a_permit"),
    (Flaw::WritesLater, "every_read_is_explained_by_the_writes"),
    (Flaw::IgnoresTemplates, "every_verb_asks_the_epochs"),
    (Flaw::IgnoresEpochs, "every_verb_asks_the_epochs"),
    (Flaw::ClosedForGood, "every_verb_works_after_a_close"),
    (Flaw::CutsBatches, "fifteen_hundred_are_put_and_got_at_once"),
    (Flaw::IncrementInTwoSteps, "fifty_who_count_lose_nothing"),
    (Flaw::IfAbsentSeesAll, "if_absent_sees_no_expired_entry"),
    (Flaw::IfAbsentAlwaysStores, "if_absent_stores_only_where_nothing_is_live"),
    (Flaw::MonthsAreDates, "long_timeouts_are_kept"),
    (Flaw::ManyDropsMisses, "many_are_got_in_their_order"),
    (Flaw::ManyUnordered, "many_are_got_in_their_order"),
    (Flaw::NoneIsAnError, "many_of_none_is_none"),
    (Flaw::PutManyAdds, "many_that_are_put_replace_what_there_is"),
    (Flaw::NeverIsLong, "never_never_expires"),
    (Flaw::IfAbsentInTwoSteps, "of_a_hundred_that_store_if_absent_one_does"),
    (Flaw::PutSaysYes, "of_fifty_fills_by_one_permit_one_is_stored"),
    (Flaw::EpochsInTwoSteps, "of_fifty_first_readers_all_read_one_epoch"),
    (Flaw::RemoveAnswersBackwards, "remove_says_for_each_key_in_order_whether_it_was_live"),
    (Flaw::RenewDoesNothing, "renew_replaces_one_epoch_and_no_other"),
    (Flaw::KeysIgnoreCase, "strange_keys_are_told_apart"),
    (Flaw::KeysAreCut, "strange_keys_are_told_apart"),
    (Flaw::EpochNamesAreCut, "strange_namespaces_have_epochs_of_their_own"),
    (Flaw::TooLargeIsAnOutage, "the_largest_entry_fits_and_no_larger_does_harm"),
    (Flaw::KeepsOldDeadline, "the_old_deadline_never_hits_the_new_value"),
    (Flaw::TimeoutsCutToSeconds, "the_shortest_timeouts_are_rounded_up_and_over_soon"),
    (Flaw::TouchHandsOutAnother, "touch_keeps_every_byte"),
    (Flaw::TouchForgetsGrace, "touch_moves_the_grace_along"),
    (Flaw::TouchMakes, "touch_never_makes_an_entry"),
    (Flaw::TouchOnlyLive, "touch_revives_an_expired_entry"),
    (Flaw::TouchNeverShortens, "touch_shortens_too"),
    (Flaw::TouchVoidsPermits, "what_changes_nothing_voids_no_permit"),
    (Flaw::IfAbsentVoidsAlways, "what_changes_nothing_voids_no_permit"),
    (Flaw::RemoveSaysYes, "what_is_absent_is_nothing_to_every_verb"),
    (Flaw::CountsOpen, "what_is_open_is_not_counted_and_left"),
    (Flaw::OpenVoidsPermits, "what_is_open_is_not_counted_and_left"),
    (Flaw::RemoveForgetsTemplate, "what_is_removed_leaves_its_head"),
    (Flaw::ShortHasAHead, "what_is_too_short_for_a_head_has_none_and_is_removed"),
    (Flaw::CountsAnyCodec, "what_only_looks_like_an_integer_is_refused_and_left"),
    (Flaw::CountsText, "what_is_no_integer_is_refused_and_left"),
    (Flaw::SecondsForMillis, "what_is_put_is_got"),
    (Flaw::KnowsNotItsShards, "what_it_is_does_not_change"),
    (Flaw::IncrementWraps, "what_overflows_is_refused_and_left"),
];

async fn found_out(flaw: Option<Flaw>) -> HashSet<&'static str> {
    let store = Broken::new(flaw);
    let subject = Subject::new(format!("{flaw:?}"), store.clone());
    let full = store.clone();
    let subject = subject.with_time(move |duration| store.pass(duration)).with_flush();
    let subject = subject.with_full(move |is_full| full.fill_up(is_full));
    failures(&subject).await.into_iter().map(|failure| failure.check).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_flaw_is_found_out_and_each_check_finds_one() {
    assert_eq!(found_out(None).await, HashSet::new(), "without a flaw");
    let mut able = HashSet::new();
    let mut passed = Vec::new();
    for (flaw, check) in FLAWS {
        let found = found_out(Some(*flaw)).await;
        if !found.contains(check) {
            passed.push(format!("{flaw:?} passes {check}, and fails {found:?}"));
        }
        able.extend(found);
    }
    let unable: Vec<_> = names().filter(|name| !able.contains(name)).collect();
    assert!(passed.is_empty() && unable.is_empty(), "{}\nnever fail: {unable:#?}", passed.join("\n"));
}
