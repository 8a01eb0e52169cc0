//! Accounts that belong to everybody: those of the empty mnemonic.
//!
//! `getaddress` and `generatemanagedprivatekeybatch` of tatum-kms 8 printed these in place of the
//! owner's own. Whoever was given such an address in good faith may still pay to it.

use kms_core::chain::Network;

use crate::account::Account;

/// Whether anybody can spend from `account`: it is one of the first of the empty mnemonic.
pub(crate) fn is_open(account: Account) -> bool {
    let text = account.to_string();
    [Network::Mainnet, Network::Testnet]
        .into_iter()
        .any(|network| of(network).contains(&text.as_str()))
}

/// By index from 0.
fn of(network: Network) -> &'static [&'static str; 20] {
    match network {
        Network::Mainnet => &MAINNET,
        Network::Testnet => &TESTNET,
    }
}

const MAINNET: [&str; 20] = [
    "erd1r45ugr3q9wrtftyv3d6wfz9l42wj553l9x6u39q7mqh0pxl5j9tsnde9hx",
    "erd1ne5patcf98asmalr9ueqxx5vlmy5725pm3p2asckp4wft0xl3ars64gh8s",
    "erd1sxha67pfwc9tf63a5h0cms3tke9duda0a7qs4tfp6g534hrq7zmszj5zlt",
    "erd1vvej5c9dfgsdvlxe2d8653476k9205tnqdeg4ef3pwkf4nypp9gqzmh5zj",
    "erd19g5r0z0aq0hxtl3paewwqdvr6faec2hpuz52s7kgfrz9mpktvqusca9q95",
    "erd1sjwja404yajxpns9x995y6096qlr29m8s02f6ycyafqrqjn8qm4su47w9x",
    "erd12zjsuvmwpwhacx8lvauhyul6288mwz9fz26fd7p0jxlt7txcsejs795llq",
    "erd16590fslslfrpkzctf7nv4em69x8jqwkfrl5cwk487xwgge62szzqxtwu34",
    "erd18xn974u39dkguwx6x7w6gee2nujpc287q43fwj8kyarkkf5w8dlqu6negg",
    "erd1d5d2wavz6mywc65hnpqdztyaje803ff92w08yek09rq322ydkqws3xrd3g",
    "erd13kjhe6j04595l8q02qghwye3cf9fjp68sdc56xc5833hppyrsqpsd55qm8",
    "erd1t4ymlvlup5yy08k872y8qfad0v9d2g9s3fqvulr9wgfda9y06ppsncrwej",
    "erd1z0sth6jy38s5clfd9j5f8yecfl9hngdghtr0ej88ux6qknlxgvws5u38s8",
    "erd18094d48y702m2wlwlux6f3g7mf0xd8zucpr2uq5sqn3ddjtmv50sac0u7x",
    "erd16qtqjwedmwv8p2ql5djz39g4ys5620pyvhupn8znln3ug4cd4dpsaqvdhz",
    "erd1vqjtqm33zaxtksxzckhyuhd0kx0pq6ng7kwnkzrq6j7gdjan3ghq65uhre",
    "erd14mnthvazfmznzz98ehx40jjfx6j258xdpwpwljqeefmek2pry97svcwudx",
    "erd18dysvsljgeavk2nltvrn8d6vgfa3pxntfg8w4dpxdcmddqc42f0shc50m2",
    "erd1wyd7rxc8x8cp47q4ll45ed22sqr76s9v72g5vz7spsgsq7wp4nssek42jf",
    "erd1crjadeay2kgn3dz05tsnal2pqawhkr6xq52dqesvy3um3a6vf93szxt89t",
];

const TESTNET: [&str; 20] = [
    "erd1yqt755wvr33vpr6586smn7mpq4jx365kpd353qfd2xuy5vwaa9ts3r69sj",
    "erd1mdzfn7n8up8ckddaqs7jsg227t6sftt49dqxw6gckc7ry5vdycrsj0ugm5",
    "erd13kem86g8px3j475gtzzzvhfck4fnghyg6rw7e6l2agh0f3jfs7rshp4rvl",
    "erd1k2ecl5wlhztk97znym489dmsf579hxqwt3y23ykhzuh6p8ch0hvsss7rzv",
    "erd1ms4ms6h20mdglketpkagz6ckh998vs0c7n95068ea727r5x89c9sn4j5ek",
    "erd1dlaapcwhnvvgenwuza8stratk06r3rgad98y7ljaan9tjqaqs9psfw4ak7",
    "erd1vl94gxx89qn6s3jdya9penf49yys76hr24lf5xyjvgyxa8r8j7qq2yv9u0",
    "erd15jyfpahf57p8ntruqpwhzwasvkw2v3vuwnfcx3wm0l429xlf6vks053npx",
    "erd155k72kchvnks58egdlqxg9vm6h5as8lzksf4m6u0n38pphmkekwq6yss72",
    "erd1czdnhshy3w828x845qzz280cpy8jxarmq8mzxfsjucsdz6jw7qrqqysrv5",
    "erd13r39pwnx2fmw0p5gwn3qu73kt2h9qxm0wed2y9cz3acl27mx2dlsye36vu",
    "erd1jnawcnzt93f4mta8ggg6snheqm8ul7zyxg6cs55yulwkwwylt97s4qgqfe",
    "erd1t6yku4qr8vhx9q2gxk2588txr07xk8u62wqc37yzqv2rvmj7xufsnql5qe",
    "erd1n089m7wn7g362zk5f4n4pzg5zd3w0zx9sau8ra7cn0rnyp240xgscm925l",
    "erd1rxcgwt2j2eya9ywqznlt8fdhja64q56u6dasylaz7cqxku7776cqguchlz",
    "erd1606kckyc9gjq5sg79zul9dvw4kqf9mlkmce6u08pnsk5k3gwr4wqqq5llc",
    "erd1rgu2s7q7q5whc0v5ram82ar85ueunalargmeugjgn25renlsg0dstyc0ud",
    "erd1cy0xy64pc6qnf8nxh6chxcf7l5zve52rnt9fd3rwf2f5lxwzdkpssjh4ff",
    "erd1hgqjynemkjkzuqdcnrcl7r3z95xwgegm8jqc356fhwm9hp4urrsq5qyvmz",
    "erd14jvg884apt9ulzd6yhzf3n8ma7az8s8wrw42j3rw2x38c8xpdhesvumtfy",
];

#[cfg(test)]
mod tests {
    use super::*;
    use kms_core::{keys::SecretText, vault::Entry, wallet};

    /// They are derived here from an entry with an empty mnemonic.
    #[test]
    fn open_accounts_are_those_of_the_empty_mnemonic() {
        for network in [Network::Mainnet, Network::Testnet] {
            let mut entry = Entry::new("EGLD", network);
            entry.mnemonic = Some(SecretText::new(""));
            for (index, expected) in (0..).zip(of(network)) {
                let address = wallet::address(&crate::MULTIVERSX, &entry, index).unwrap();
                assert_eq!(address.as_str(), *expected, "{network} {index}");
                assert!(is_open(Account::parse(expected).unwrap()));
            }
        }
        assert!(!is_open(Account([7; 32])));
    }
}
