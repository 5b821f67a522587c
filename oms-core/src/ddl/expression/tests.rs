use super::compare::canonical;
use super::{mentions, same};
use crate::ddl::Dialect;

#[test]
fn servers_print_one_expression_in_many_ways() {
    let pairs = [
        ("a*2", "(`a` * 2)"),
        ("a > 0 and b<>'x' AND c", "((`a` > 0) and (`b` <> _utf8mb4'x') and (0 <> `c`))"),
        ("j->>'$.k'", "json_unquote(json_extract(`j`,_utf8mb4'$.k'))"),
        ("j->'$.k'", "JSON_EXTRACT(`j`,'$.k')"),
        ("concat(b,'it''s')", r"concat(`b`,_utf8mb4'it\'s')"),
        ("a IS NOT NULL", "(`a` is not null)"),
        ("a not like 'x%'", "(not((`a` like _latin1'x%')))"),
        ("a NOT IN (1,2)", "(`a` not in (1,2))"),
        ("a between 1 and 2+3", "(`a` between 1 and (2 + 3))"),
        ("NOT a BETWEEN 1 AND 2", "(not((`a` between 1 and 2)))"),
        ("DATE_ADD(d, INTERVAL 1 DAY)", "(`d` + interval 1 day)"),
        ("CURRENT_TIMESTAMP", "now()"),
        ("cast(a as char(10))", "cast(`a` as char(10) charset utf8mb4)"),
        ("a MOD 2", "(`a` % 2)"),
        ("t.a + s.t.b", "(`a` + `b`)"),
        ("case when a then 1 else 2 end", "(case when `a` then 1 else 2 end)"),
        ("LCASE(a)", "lower(`a`)"),
        ("a + b + c", "((`a` + `b`) + `c`)"),
        ("a = 1 OR b = 2 OR c = 3", "((`a` = 1) or (`b` = 2) or (`c` = 3))"),
        ("-a", "-(`a`)"),
        ("extract(year from d)", "extract(year from `d`)"),
        ("BINARY a", "cast(`a` as char charset binary)"),
        ("a COLLATE utf8mb4_bin", "(`a` collate utf8mb4_bin)"),
        ("cast(j->'$.x' as unsigned array)", "cast(json_extract(`j`,_utf8mb4'$.x') as unsigned array)"),
        ("if(a>1,'x','y')", "if((`a` > 1),_utf8mb4'x',_utf8mb4'y')"),
        ("if((a > 1) and (a is null),1,2)", "(case when ((`a` > 1) and (`a` is null)) then 1 else 2 end)"),
        ("a between 3 and 5", "((`a` >= 3) and (`a` <= 5))"),
        ("a not between 3 and 5", "(not(((`a` >= 3) and (`a` <= 5))))"),
        ("a like 'x%'", r"(`a` like 'x%' escape '\\')"),
        ("!a", "(0 = `a`)"),
        ("a xor 1", "((0 <> `a`) xor (0 <> 1))"),
        ("a is true", "((0 <> `a`) is true)"),
        ("datediff(d,e)", "(to_days(`d`) - to_days(`e`))"),
        ("cast(a as decimal(10,2))", "cast(`a` as number(10,2))"),
        ("a in (1)", "(`a` = 1)"),
        ("5 MEMBER OF (j)", "5 member of (`j`)"),
    ];
    for (a, b) in pairs {
        assert!(same(a, b), "{} | {}", canonical(a), canonical(b));
    }
}

#[test]
fn other_expressions_are_not_the_same() {
    let pairs = [
        ("a + b * c", "(a + b) * c"),
        ("a - b - c", "a - (b - c)"),
        ("a and b or c", "a and (b or c)"),
        ("concat('A')", "concat('a')"),
        ("a", "'a'"),
        ("a = 1", "a = 2"),
        ("not a and b", "not (a and b)"),
        ("_latin1'é'", "'é'"),
        ("f(a, b)", "f(b, a)"),
        ("(a, b)", "a"),
        ("a like 'x' escape '!'", "a like 'x'"),
        ("0 <> a", "a"),
    ];
    for (a, b) in pairs {
        assert!(!same(a, b), "{} | {}", canonical(a), canonical(b));
    }
}

#[test]
fn unreadable_expressions_compare_by_their_tokens() {
    assert!(same("A  ? ?", "`a` ? ?"));
    assert!(!same("a ? ?", "a ? !"));
    assert!(!same("'", "''"));
    let deep = format!("{}a{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(same(&deep, &deep.replace('a', "`A`")));
    let minus = "-".repeat(100_000);
    assert!(!same(&format!("{minus} a"), "a"));
}

#[test]
fn columns_are_found_behind_any_quoting() {
    let dialect = Dialect::mysql(9, 7, 4);
    assert!(mentions("(`A` > 0)", "a", dialect));
    assert!(mentions("t.a > 0", "a", dialect));
    assert!(!mentions("a(b) > 'a'", "a", dialect));
    assert!(mentions("broken 'text", "a", dialect));
}
