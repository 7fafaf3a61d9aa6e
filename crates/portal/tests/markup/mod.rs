//! Texts that would be markup if they were not escaped, and what a page is made of.

pub(crate) const PAYLOADS: [&str; 30] = [
    "<script>alert(1)</script>",
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "</title><script>x</script>",
    "</textarea><script>x</script>",
    "</code></pre><b>x</b>",
    "\" onfocus=alert(1) autofocus=\"",
    "' onmouseover='alert(1)",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//x>",
    "<base href=//x>",
    "<meta http-equiv=refresh content=0>",
    "<form action=//x>",
    "<object data=x>",
    "<embed src=x>",
    "<math><mtext></mtext></math>",
    "<template><b>x</b></template>",
    "<!--",
    "-->",
    "<![CDATA[<b>x</b>]]>",
    "{{ 7 * 7 }}<i>",
    "{% if true %}<i>",
    "<noscript><p title=\"</noscript>",
    "<details open ontoggle=alert(1)>",
    "<input type=image src=x onerror=alert(1)>",
];

/// What stands between `open` and `close`, each time.
pub(crate) fn between<'a>(
    text: &'a str,
    open: &'a str,
    close: &'a str,
) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).map(move |rest| rest.split(close).next().unwrap())
}

/// The tags of a page with the names of their attributes.
pub(crate) fn skeleton(html: &str) -> Vec<Vec<&str>> {
    between(html, "<", ">")
        .map(|tag| {
            let outside_of_values = tag.split('"').step_by(2);
            outside_of_values.flat_map(str::split_whitespace).collect()
        })
        .collect()
}
