//! The first requests as a shell's commands, which run as they stand.

use crate::Credentials;

/// What stands for the credentials of whoever puts in its own.
pub(crate) const USERNAME: &str = "USERNAME";
pub(crate) const API_KEY: &str = "API_KEY";

/// What a newcomer types, one command after another in the same shell.
pub struct Commands {
    /// Asks what is owed, and keeps the answer.
    pub inquiry: String,
    /// Pays the bill of the answer.
    pub payment: String,
    /// Asks what became of it.
    pub status: String,
    /// Fetches the receipt.
    pub receipt: String,
}

/// The md5 of the standard input in hex. macOS has `md5` where others have `md5sum`. Lines are shorter
/// than 80 columns: the help of the command line breaks longer ones.
const MD5: &str = " |\n  (md5sum 2>/dev/null || md5) | cut -c1-32)\n";

/// The commands for a server at `origin`; whoever has no credentials yet puts in its own.
pub fn commands(origin: &str, credentials: Option<&Credentials<'_>>) -> Commands {
    let (username, api_key) =
        credentials.map_or((USERNAME, API_KEY), |it| (it.username, it.api_key));
    let known = known(origin, username, api_key) + "REF_ID=first-$(date +%s)\n";
    let send = |signed: &str, fields: &str| sent(username, signed, fields);
    let inquiry = r#""commands":"inq-pasca", "code":"BPJS",
  "hp":"8801234560001", "month":"2", "ref_id":"'$REF_ID'""#;
    let payment = r#""commands":"pay-pasca", "tr_id":"'$TR_ID'""#;
    let status = r#""commands":"checkstatus", "ref_id":"'$REF_ID'""#;
    Commands {
        inquiry: known + &send("$REF_ID", inquiry),
        payment: "TR_ID=$(echo \"$ANSWER\" | sed 's/.*\"tr_id\":\\([0-9]*\\).*/\\1/')\n".to_owned()
            + &send("$TR_ID", payment),
        status: send("cs", status),
        receipt: format!(
            "SIGN=$(printf %s \"$PARTNER${{API_KEY}}${{TR_ID}}receipt\"{MD5}\
             curl -sG \"$API/download/$TR_ID\" --data-urlencode \"username=$PARTNER\" \\\n  \
             -d sign=$SIGN -o receipt.pdf\n"
        ),
    }
}

/// The command that asks a server at `origin` for its price list, and moves no money.
pub(crate) fn price_list(origin: &str, username: &str) -> String {
    let fields = r#""commands":"pricelist-pasca", "status":"all""#;
    known(origin, username, API_KEY) + &sent(username, "pl", fields)
}

/// What the commands use, as variables of the shell.
fn known(origin: &str, username: &str, api_key: &str) -> String {
    let api = quoted(&format!("{origin}/api/v1"));
    format!("PARTNER={} API_KEY={}\nAPI={api}\n", quoted(username), quoted(api_key))
}

/// A signed request, whose answer is printed.
fn sent(username: &str, signed: &str, fields: &str) -> String {
    let inside = inside_quotes(username);
    format!(
        "SIGN=$(printf %s \"$PARTNER${{API_KEY}}{signed}\"{MD5}\
         ANSWER=$(curl -s \"$API/bill/check\" -H 'Content-Type: application/json' -d '{{\n  \
         \"username\":\"{inside}\", {fields},\n  \"sign\":\"'$SIGN'\"}}')\n\
         echo \"$ANSWER\"\n"
    )
}

/// A text as one word of a shell.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text inside of a JSON string that stands in a shell's single quotes.
fn inside_quotes(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json[1..json.len() - 1].replace('\'', r"'\''")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_quotes() {
        let credentials = Credentials { username: r#"a'"$(x)\"#, api_key: "k'; rm -rf /; '" };
        let commands = commands("http://127.0.0.1:8080", Some(&credentials));
        assert!(
            commands
                .inquiry
                .starts_with(r#"PARTNER='a'\''"$(x)\' API_KEY='k'\''; rm -rf /; '\'''"#)
        );
        let price_list = price_list("http://127.0.0.1:8080", credentials.username);
        assert!(price_list.starts_with(r#"PARTNER='a'\''"$(x)\' API_KEY='API_KEY'"#));
        assert!(commands.status.contains(r#""username":"a'\''\"$(x)\\","#));
    }
}
