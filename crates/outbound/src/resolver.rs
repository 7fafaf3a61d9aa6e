//! Name resolution under the egress policy.

use std::net::IpAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{EgressDenied, EgressPolicy};

/// Finds the addresses of a host, of which only those are told that may be called: what is connected to
/// is what was checked.
pub(crate) struct Resolver {
    pub(crate) egress: EgressPolicy,
    pub(crate) is_tls: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (egress, is_tls) = (self.egress.clone(), self.is_tls);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may_call = |address: IpAddr| egress.admits(address, is_tls);
            let admitted: Vec<_> = found.filter(|found| may_call(found.ip())).collect();
            match admitted.is_empty() {
                true => Err(EgressDenied::NoPublicAddress.into()),
                false => Ok(Box::new(admitted.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_home_is_called_where_home_is_trusted_only() {
        let found = async |trusted: &[&str]| {
            let resolver = Resolver { egress: EgressPolicy::trusting(trusted), is_tls: true };
            let found = resolver.resolve("localhost".parse().unwrap()).await;
            found.map(Iterator::count).map_err(|error| error.to_string())
        };
        let refused = found(&[]).await.unwrap_err();
        assert!(refused.contains("no address that may be called"), "{refused}");
        assert!(found(&["127.0.0.0/8", "::1"]).await.unwrap() > 0);
    }
}
