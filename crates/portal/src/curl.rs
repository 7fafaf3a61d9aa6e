//! The first requests as shell commands that run unchanged.

use crate::Credentials;

/// Placeholders for credentials.
pub(crate) const USERNAME: &str = "USERNAME";
pub(crate) const API_KEY: &str = "API_KEY";

/// The commands for a new user, in order, in one shell.
pub struct Commands {
    /// Sends an inquiry, and stores the answer.
    pub inquiry: String,
    /// Pays the bill of the answer.
    pub payment: String,
    /// Asks for its status.
    pub status: String,
    /// Fetches the receipt.
    pub receipt: String,
}

/// The md5 of standard input in hex. macOS has `md5` instead of `md5sum`. Lines are shorter than 80
/// columns: the help of the command line breaks longer ones.
const MD5: &str = " |\n  (md5sum 2>/dev/null || md5) | cut -c1-32)\n";

/// The commands for a server at `origin`; without credentials they contain placeholders.
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

/// A signed request that prints its answer.
fn sent(username: &str, signed: &str, fields: &str) -> String {
    let inside = inside_quotes(username);
    format!(
        "SIGN=$(printf %s \"$PARTNER${{API_KEY}}{signed}\"{MD5}\
         ANSWER=$(curl -s \"$API/bill/check\" -H 'Content-Type: application/json' -d '{{\n  \
         \"username\":\"{inside}\", {fields},\n  \"sign\":\"'$SIGN'\"}}')\n\
         echo \"$ANSWER\"\n"
    )
}

/// Quotes a text as one shell word.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Escapes a text for a JSON string within a shell's single quotes.
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
