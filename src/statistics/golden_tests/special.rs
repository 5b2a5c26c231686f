//! Distribution functions against scipy.

use super::golden;
use crate::statistics::distribution as d;

#[test]
fn distributions_agree_with_scipy_far_into_the_tails() {
    let content = golden("statistics/special_functions.json");
    let relative = content["tolerance"]["rel"].as_f64().unwrap();
    let absolute = content["tolerance"]["abs"].as_f64().unwrap();
    let rows = content["rows"].as_array().or(content["cases"].as_array()).unwrap();
    let mut complaints = Vec::new();
    let mut checked = 0;
    for row in rows {
        let args = super::numbers(&row["args"]);
        let want = row["value"].as_f64().unwrap();
        let got = match row["fn"].as_str().unwrap() {
            "normal_ppf" => d::normal_quantile(args[0]),
            "normal_cdf" => d::normal_cdf(args[0]),
            "normal_sf" => d::normal_sf(args[0]),
            "student_t_ppf" => d::student_t_quantile(args[0], args[1]),
            "student_t_sf" => d::student_t_sf(args[0], args[1]),
            "beta_ppf" => d::beta_quantile(args[0], args[1], args[2]),
            "chi2_sf" => d::chi_squared_sf(args[0], args[1]),
            "f_sf" => d::f_sf(args[0], args[1], args[2]),
            "binom_half_cdf" => {
                let [k, n] = [args[0], args[1]].map(|count| format!("{count}").parse().unwrap());
                d::binomial_cdf(k, n, 0.5)
            }
            // Not offered yet.
            "studentized_range_inf_sf" | "noncentral_t_sf" => continue,
            other => panic!("unknown function {other}"),
        };
        checked += 1;
        if (got - want).abs() > absolute + relative * want.abs() {
            let off = got / want - 1.0;
            complaints.push(format!("{row}: got {got}, relative {off:e}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert_eq!(checked, 275);
}
