use proptest::prelude::*;

use super::*;

fn edit(text: &str, change: impl FnOnce(&mut ManifestEditor)) -> String {
    let mut editor = ManifestEditor::new(text).unwrap();
    change(&mut editor);
    Manifest::parse(editor.text().as_bytes()).unwrap();
    editor.text().to_owned()
}

fn set(text: &str, name: &str, specifier: &str) -> String {
    edit(text, |editor| {
        editor.set_dependency("dependencies", &name.parse().unwrap(), specifier);
    })
}

fn remove(text: &str, name: &str) -> String {
    edit(text, |editor| {
        assert!(editor.remove_dependency("dependencies", &name.parse().unwrap()));
    })
}

#[test]
fn of_keys_that_stand_there_twice_the_last_counts() {
    let text = r#"{"dependencies":{"a":"1"},"dependencies":{"b":"1","b":"2","c":"3"}}"#;
    assert_eq!(
        set(text, "a", "9"),
        text.replace(r#"{"b":"1""#, r#"{"a":"9","b":"1""#)
    );
    assert_eq!(
        set(text, "b", "9"),
        text.replace(r#""b":"2""#, r#""b":"9""#)
    );
    assert_eq!(remove(text, "b"), text.replace(r#""b":"1","b":"2","#, ""));
    let twice = r#"{"x":1,"dependencies":{"a":"1"},"dependencies":{"a":"2"}}"#;
    assert_eq!(remove(twice, "a"), r#"{"x":1}"#);
}

#[test]
fn what_is_written_tight_stays_tight() {
    assert_eq!(
        set(r#"{"name":"x"}"#, "a", "1"),
        r#"{"name":"x","dependencies":{"a":"1"}}"#
    );
    assert_eq!(
        set(r#"{"name": "x"}"#, "a", "1"),
        r#"{"name": "x", "dependencies": {"a": "1"}}"#
    );
}

#[test]
fn a_new_name_stands_where_it_sorts() {
    let text = "{\n  \"dependencies\": {\n    \"b\": \"1\",\n    \"d\": \"1\"\n  }\n}\n";
    assert_eq!(
        set(text, "a", "2"),
        text.replace("\"b\"", "\"a\": \"2\",\n    \"b\"")
    );
    assert_eq!(
        set(text, "c", "2"),
        text.replace("\"d\"", "\"c\": \"2\",\n    \"d\"")
    );
    assert_eq!(
        set(text, "e", "2"),
        text.replace("\"d\": \"1\"", "\"d\": \"1\",\n    \"e\": \"2\"")
    );
}

#[test]
fn a_known_name_keeps_its_place() {
    let text = "{\"dependencies\":{\"z\":\"1\",\"a\":\"1\"}}";
    assert_eq!(
        set(text, "z", "^2"),
        "{\"dependencies\":{\"z\":\"^2\",\"a\":\"1\"}}"
    );
}

#[test]
fn a_group_in_another_order_keeps_it() {
    let text = "{\n\t\"dependencies\": {\n\t\t\"z\": \"1\",\n\t\t\"a\": \"1\"\n\t}\n}";
    assert_eq!(
        set(text, "b", "2"),
        "{\n\t\"dependencies\": {\n\t\t\"z\": \"1\",\n\t\t\"a\": \"1\",\n\t\t\"b\": \"2\"\n\t}\n}"
    );
}

#[test]
fn a_text_on_one_line_keeps_its_spaces() {
    let tight = "{\"dependencies\":{\"b\":\"1\"}}";
    assert_eq!(
        set(tight, "a", "2"),
        "{\"dependencies\":{\"a\":\"2\",\"b\":\"1\"}}"
    );
    assert_eq!(
        set(tight, "c", "2"),
        "{\"dependencies\":{\"b\":\"1\",\"c\":\"2\"}}"
    );
    assert_eq!(
        set("{\"dependencies\": {\"b\": \"1\"}}", "c", "2"),
        "{\"dependencies\": {\"b\": \"1\", \"c\": \"2\"}}"
    );
}

#[test]
fn a_missing_group_is_added_with_the_indentation_of_the_text() {
    assert_eq!(
        set("{\r\n    \"name\": \"x\"\r\n}\r\n", "a", "1"),
        "{\r\n    \"name\": \"x\",\r\n    \"dependencies\": {\r\n        \"a\": \"1\"\r\n    }\r\n}\r\n"
    );
    assert_eq!(
        set("{}", "a", "1"),
        "{\n  \"dependencies\": {\n    \"a\": \"1\"\n  }\n}"
    );
    assert_eq!(
        set("{\"name\": \"x\"}", "a", "1"),
        "{\"name\": \"x\", \"dependencies\": {\"a\": \"1\"}}"
    );
    let empty = "{\n  \"dependencies\": {}\n}\n";
    assert_eq!(
        set(empty, "a", "1"),
        "{\n  \"dependencies\": {\n    \"a\": \"1\"\n  }\n}\n"
    );
}

#[test]
fn what_is_removed_takes_its_comma_along() {
    let text = "{\n  \"dependencies\": {\n    \"a\": \"1\",\n    \"b\": \"1\",\n    \"c\": \"1\"\n  },\n  \"x\": 1\n}\n";
    assert_eq!(remove(text, "a"), text.replace("\"a\": \"1\",\n    ", ""));
    assert_eq!(remove(text, "b"), text.replace("\"b\": \"1\",\n    ", ""));
    assert_eq!(remove(text, "c"), text.replace(",\n    \"c\": \"1\"", ""));
}

#[test]
fn a_group_that_is_left_empty_goes() {
    assert_eq!(
        remove(
            "{\n  \"name\": \"x\",\n  \"dependencies\": {\n    \"a\": \"1\"\n  }\n}\n",
            "a"
        ),
        "{\n  \"name\": \"x\"\n}\n"
    );
    assert_eq!(remove("{\"dependencies\": {\"a\": \"1\"}}", "a"), "{}");
}

#[test]
fn strings_that_look_like_structure_are_strings() {
    let text =
        r#"{"description": "a \"}{\\", "dependencies": {"a": "1"}, "y": [{"dependencies": {}}]}"#;
    assert_eq!(
        set(text, "a", "2"),
        text.replace("\"a\": \"1\"", "\"a\": \"2\"")
    );
}

#[test]
fn a_deep_value_is_set_and_removed() {
    let text = "{\n  \"name\": \"x\"\n}\n";
    let with = edit(text, |editor| {
        editor.set(&["pkg", "layout"], &Value::from("flat"));
    });
    assert_eq!(
        with,
        "{\n  \"name\": \"x\",\n  \"pkg\": {\n    \"layout\": \"flat\"\n  }\n}\n"
    );
    assert_eq!(
        edit(&with, |editor| assert!(editor.remove(&["pkg", "layout"]))),
        text
    );
}

proptest! {
    /// Whatever stands around, an edit changes the one entry and no other.
    #[test]
    fn an_edit_changes_one_entry(
        names in proptest::collection::btree_map("[a-z]{1,3}", "[a-z^~0-9. ]{0,6}", 0..6),
        name in "[a-z]{1,3}",
        pretty in any::<bool>(),
    ) {
        let before = serde_json::json!({"x": [1, {"y": "}"}], "dependencies": names, "z": null});
        let text = if pretty { format!("{before:#}") } else { before.to_string() };
        let mut wanted = before.clone();
        wanted["dependencies"][&name] = Value::from("^1.0.0");
        let after = set(&text, &name, "^1.0.0");
        prop_assert_eq!(&serde_json::from_str::<Value>(&after).unwrap(), &wanted);
        // Taking a new entry away again gives the text that was there, unless its group was empty.
        if !names.contains_key(&name) && !names.is_empty() {
            prop_assert_eq!(remove(&after, &name), text);
        }
    }
}
