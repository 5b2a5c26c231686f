use super::*;

#[test]
fn names_are_unique() {
    let mut names: Vec<&str> = all().map(|metric| metric.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all().count());
}

#[test]
fn composed_names_are_taken_apart_again() {
    for attack in ATTACKS {
        let auc = find(&auc_name(attack.id)).expect("an AUC of a listed attack");
        assert_eq!((auc.metric.name, auc.attack.map(|a| a.id)), (AUC, Some(attack.id)));
        let tpr = find(&tpr_at_fpr_name(0.001, attack.id)).expect("a rate of a listed attack");
        assert_eq!((tpr.metric.name, tpr.false_positive_rate), (TPR, Some(0.001)));
        let item = find(attack.id).expect("an item score");
        assert_eq!(item.metric.level, MetricLevel::Item);
    }
}

#[test]
fn a_number_of_tokens_behind_a_name_is_no_part_of_it() {
    let found = find("exact_match_tokens_s100").expect("a metric of the first tokens");
    assert_eq!(found.metric.name, "exact_match_tokens");
    assert_eq!((base_name("rougeL_f_stemmed"), base_name("rougeL_f_s8")), ("rougeL_f_stemmed", "rougeL_f"));
}

#[test]
fn the_names_of_the_records_are_kept() {
    assert_eq!(auc_name("loss"), "auc.loss");
    assert_eq!(tpr_at_fpr_name(0.01, "loss"), "tpr_at_fpr_0.01.loss");
}

#[test]
fn unknown_attacks_rates_and_placeholders_are_not_found() {
    for name in ["auc.quantile", "auc.", "tpr_at_fpr_2.loss", "tpr_at_fpr_x.loss", "tpr_at_fpr_0.01", "<attack>", AUC] {
        assert!(find(name).is_none(), "{name}");
    }
}

#[test]
fn every_known_name_without_a_rate_is_found() {
    let names = known_names();
    assert!(names.iter().any(|name| name == "auc.min_k_pp"));
    for name in names.iter().filter(|name| !name.contains('<')) {
        assert!(find(name).is_some(), "{name}");
    }
}
