//! The types of transactions and the fields of each, as data: a copy of what the network itself
//! says (the method `server_definitions`), as ripple-binary-codec 2.11.0 publishes it. The
//! pseudo-transactions, which nobody signs, are left out.

/// A type of transaction.
#[derive(Debug)]
pub(crate) struct Format {
    /// The network's name for it: `TransactionType` in JSON.
    pub(crate) name: &'static str,
    /// The value of `TransactionType` in the serialization.
    pub(crate) code: u16,
    /// What it is, in words.
    pub(crate) action: &'static str,
    /// The fields of its own that it must have.
    pub(crate) required: &'static [&'static str],
    /// Those it can have.
    pub(crate) optional: &'static [&'static str],
    /// Its bits of `Flags`.
    pub(crate) flags: &'static [Flag],
}

/// Name and value of a flag.
pub(crate) type Flag = (&'static str, u32);

impl Format {
    /// The type with this `TransactionType` in JSON.
    pub(crate) fn by_name(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// The type with this `TransactionType` in the serialization.
    pub(crate) fn by_code(code: u16) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.code == code)
    }

    /// Whether a transaction of this type can have the field.
    pub(crate) fn takes(&self, field: &str) -> bool {
        [
            COMMON_REQUIRED,
            COMMON_OPTIONAL,
            self.required,
            self.optional,
        ]
        .iter()
        .any(|names| names.contains(&field))
    }

    /// The fields it must have, whatever the type.
    pub(crate) fn all_required(&self) -> impl Iterator<Item = &'static str> {
        COMMON_REQUIRED.iter().chain(self.required).copied()
    }
}

/// The fields that every transaction must have.
const COMMON_REQUIRED: &[&str] = &[
    "TransactionType",
    "Account",
    "Sequence",
    "Fee",
    "SigningPubKey",
];

/// The fields that every transaction can have.
pub(crate) const COMMON_OPTIONAL: &[&str] = &[
    "Flags",
    "SourceTag",
    "PreviousTxnID",
    "LastLedgerSequence",
    "AccountTxnID",
    "OperationLimit",
    "Memos",
    "TicketSequence",
    "TxnSignature",
    "Signers",
    "NetworkID",
    "Delegate",
    "Sponsor",
    "SponsorFlags",
    "SponsorSignature",
];

/// The bits of `Flags` that every transaction can have.
pub(crate) const COMMON_FLAGS: &[Flag] = &[
    ("tfInnerBatchTxn", 0x4000_0000),
    ("tfFullyCanonicalSig", 0x8000_0000),
];

/// The settings of an account that `SetFlag` and `ClearFlag` of an `AccountSet` name.
pub(crate) const ACCOUNT_FLAGS: &[Flag] = &[
    ("asfRequireDest", 1),
    ("asfRequireAuth", 2),
    ("asfDisallowXRP", 3),
    ("asfDisableMaster", 4),
    ("asfAccountTxnID", 5),
    ("asfNoFreeze", 6),
    ("asfGlobalFreeze", 7),
    ("asfDefaultRipple", 8),
    ("asfDepositAuth", 9),
    ("asfAuthorizedNFTokenMinter", 10),
    ("asfDisallowIncomingNFTokenOffer", 12),
    ("asfDisallowIncomingCheck", 13),
    ("asfDisallowIncomingPayChan", 14),
    ("asfDisallowIncomingTrustline", 15),
    ("asfAllowTrustLineClawback", 16),
    ("asfAllowTrustLineLocking", 17),
];

/// Parts of a transaction type that a delegate can be permitted (XLS-74). A whole type is its code
/// and one.
pub(crate) const GRANULAR_PERMISSIONS: &[Flag] = &[
    ("TrustlineAuthorize", 65537),
    ("TrustlineFreeze", 65538),
    ("TrustlineUnfreeze", 65539),
    ("AccountDomainSet", 65540),
    ("AccountEmailHashSet", 65541),
    ("AccountMessageKeySet", 65542),
    ("AccountTransferRateSet", 65543),
    ("AccountTickSizeSet", 65544),
    ("PaymentMint", 65545),
    ("PaymentBurn", 65546),
    ("MPTokenIssuanceLock", 65547),
    ("MPTokenIssuanceUnlock", 65548),
];

static FORMATS: &[Format] = &[
    Format {
        name: "Payment",
        code: 0,
        action: "payment",
        required: &["Destination", "Amount"],
        optional: &[
            "SendMax",
            "Paths",
            "InvoiceID",
            "DestinationTag",
            "DeliverMin",
            "CredentialIDs",
            "DomainID",
        ],
        flags: &[
            ("tfNoRippleDirect", 0x0001_0000),
            ("tfPartialPayment", 0x0002_0000),
            ("tfLimitQuality", 0x0004_0000),
            ("tfSponsorCreatedAccount", 0x0008_0000),
        ],
    },
    Format {
        name: "EscrowCreate",
        code: 1,
        action: "escrow",
        required: &["Destination", "Amount"],
        optional: &["Condition", "CancelAfter", "FinishAfter", "DestinationTag"],
        flags: &[],
    },
    Format {
        name: "EscrowFinish",
        code: 2,
        action: "release of an escrow",
        required: &["Owner", "OfferSequence"],
        optional: &["Fulfillment", "Condition", "CredentialIDs"],
        flags: &[],
    },
    Format {
        name: "AccountSet",
        code: 3,
        action: "settings of the account",
        required: &[],
        optional: &[
            "EmailHash",
            "WalletLocator",
            "WalletSize",
            "MessageKey",
            "Domain",
            "TransferRate",
            "SetFlag",
            "ClearFlag",
            "TickSize",
            "NFTokenMinter",
        ],
        flags: &[
            ("tfRequireDestTag", 0x0001_0000),
            ("tfOptionalDestTag", 0x0002_0000),
            ("tfRequireAuth", 0x0004_0000),
            ("tfOptionalAuth", 0x0008_0000),
            ("tfDisallowXRP", 0x0010_0000),
            ("tfAllowXRP", 0x0020_0000),
        ],
    },
    Format {
        name: "EscrowCancel",
        code: 4,
        action: "cancellation of an escrow",
        required: &["Owner", "OfferSequence"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "SetRegularKey",
        code: 5,
        action: "regular key of the account",
        required: &[],
        optional: &["RegularKey"],
        flags: &[],
    },
    Format {
        name: "OfferCreate",
        code: 7,
        action: "offer on the exchange",
        required: &["TakerPays", "TakerGets"],
        optional: &["Expiration", "OfferSequence", "DomainID"],
        flags: &[
            ("tfPassive", 0x0001_0000),
            ("tfImmediateOrCancel", 0x0002_0000),
            ("tfFillOrKill", 0x0004_0000),
            ("tfSell", 0x0008_0000),
            ("tfHybrid", 0x0010_0000),
        ],
    },
    Format {
        name: "OfferCancel",
        code: 8,
        action: "cancellation of an offer",
        required: &["OfferSequence"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "TicketCreate",
        code: 10,
        action: "creation of tickets",
        required: &["TicketCount"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "SignerListSet",
        code: 12,
        action: "signer list of the account",
        required: &["SignerQuorum"],
        optional: &["SignerEntries"],
        flags: &[],
    },
    Format {
        name: "PaymentChannelCreate",
        code: 13,
        action: "payment channel",
        required: &["Destination", "Amount", "SettleDelay", "PublicKey"],
        optional: &["CancelAfter", "DestinationTag"],
        flags: &[],
    },
    Format {
        name: "PaymentChannelFund",
        code: 14,
        action: "funding of a payment channel",
        required: &["Channel", "Amount"],
        optional: &["Expiration"],
        flags: &[],
    },
    Format {
        name: "PaymentChannelClaim",
        code: 15,
        action: "claim on a payment channel",
        required: &["Channel"],
        optional: &[
            "Amount",
            "Balance",
            "Signature",
            "PublicKey",
            "CredentialIDs",
        ],
        flags: &[("tfRenew", 0x0001_0000), ("tfClose", 0x0002_0000)],
    },
    Format {
        name: "CheckCreate",
        code: 16,
        action: "check",
        required: &["Destination", "SendMax"],
        optional: &["Expiration", "DestinationTag", "InvoiceID"],
        flags: &[],
    },
    Format {
        name: "CheckCash",
        code: 17,
        action: "cashing of a check",
        required: &["CheckID"],
        optional: &["Amount", "DeliverMin"],
        flags: &[],
    },
    Format {
        name: "CheckCancel",
        code: 18,
        action: "cancellation of a check",
        required: &["CheckID"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "DepositPreauth",
        code: 19,
        action: "preauthorization of deposits",
        required: &[],
        optional: &[
            "Authorize",
            "Unauthorize",
            "AuthorizeCredentials",
            "UnauthorizeCredentials",
        ],
        flags: &[],
    },
    Format {
        name: "TrustSet",
        code: 20,
        action: "trust line",
        required: &[],
        optional: &["LimitAmount", "QualityIn", "QualityOut"],
        flags: &[
            ("tfSetfAuth", 0x0001_0000),
            ("tfSetNoRipple", 0x0002_0000),
            ("tfClearNoRipple", 0x0004_0000),
            ("tfSetFreeze", 0x0010_0000),
            ("tfClearFreeze", 0x0020_0000),
            ("tfSetDeepFreeze", 0x0040_0000),
            ("tfClearDeepFreeze", 0x0080_0000),
        ],
    },
    Format {
        name: "AccountDelete",
        code: 21,
        action: "deletion of the account",
        required: &["Destination"],
        optional: &["DestinationTag", "CredentialIDs"],
        flags: &[],
    },
    Format {
        name: "NFTokenMint",
        code: 25,
        action: "minting of an NFT",
        required: &["NFTokenTaxon"],
        optional: &[
            "TransferFee",
            "Issuer",
            "URI",
            "Amount",
            "Destination",
            "Expiration",
        ],
        flags: &[
            ("tfBurnable", 0x0000_0001),
            ("tfOnlyXRP", 0x0000_0002),
            ("tfTransferable", 0x0000_0008),
            ("tfMutable", 0x0000_0010),
        ],
    },
    Format {
        name: "NFTokenBurn",
        code: 26,
        action: "burning of an NFT",
        required: &["NFTokenID"],
        optional: &["Owner"],
        flags: &[],
    },
    Format {
        name: "NFTokenCreateOffer",
        code: 27,
        action: "offer for an NFT",
        required: &["NFTokenID", "Amount"],
        optional: &["Destination", "Owner", "Expiration"],
        flags: &[("tfSellNFToken", 0x0000_0001)],
    },
    Format {
        name: "NFTokenCancelOffer",
        code: 28,
        action: "cancellation of NFT offers",
        required: &["NFTokenOffers"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "NFTokenAcceptOffer",
        code: 29,
        action: "acceptance of an NFT offer",
        required: &[],
        optional: &["NFTokenBuyOffer", "NFTokenSellOffer", "NFTokenBrokerFee"],
        flags: &[],
    },
    Format {
        name: "Clawback",
        code: 30,
        action: "clawback",
        required: &["Amount"],
        optional: &["Holder"],
        flags: &[],
    },
    Format {
        name: "AMMClawback",
        code: 31,
        action: "clawback from an AMM",
        required: &["Holder", "Asset", "Asset2"],
        optional: &["Amount"],
        flags: &[("tfClawTwoAssets", 0x0000_0001)],
    },
    Format {
        name: "AMMCreate",
        code: 35,
        action: "creation of an AMM",
        required: &["Amount", "Amount2", "TradingFee"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "AMMDeposit",
        code: 36,
        action: "deposit to an AMM",
        required: &["Asset", "Asset2"],
        optional: &["Amount", "Amount2", "EPrice", "LPTokenOut", "TradingFee"],
        flags: &[
            ("tfLPToken", 0x0001_0000),
            ("tfSingleAsset", 0x0008_0000),
            ("tfTwoAsset", 0x0010_0000),
            ("tfOneAssetLPToken", 0x0020_0000),
            ("tfLimitLPToken", 0x0040_0000),
            ("tfTwoAssetIfEmpty", 0x0080_0000),
        ],
    },
    Format {
        name: "AMMWithdraw",
        code: 37,
        action: "withdrawal from an AMM",
        required: &["Asset", "Asset2"],
        optional: &["Amount", "Amount2", "EPrice", "LPTokenIn"],
        flags: &[
            ("tfLPToken", 0x0001_0000),
            ("tfWithdrawAll", 0x0002_0000),
            ("tfOneAssetWithdrawAll", 0x0004_0000),
            ("tfSingleAsset", 0x0008_0000),
            ("tfTwoAsset", 0x0010_0000),
            ("tfOneAssetLPToken", 0x0020_0000),
            ("tfLimitLPToken", 0x0040_0000),
        ],
    },
    Format {
        name: "AMMVote",
        code: 38,
        action: "vote for the fee of an AMM",
        required: &["Asset", "Asset2", "TradingFee"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "AMMBid",
        code: 39,
        action: "bid for the auction slot of an AMM",
        required: &["Asset", "Asset2"],
        optional: &["BidMin", "BidMax", "AuthAccounts"],
        flags: &[],
    },
    Format {
        name: "AMMDelete",
        code: 40,
        action: "deletion of an empty AMM",
        required: &["Asset", "Asset2"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "XChainCreateClaimID",
        code: 41,
        action: "claim id for a cross-chain transfer",
        required: &["XChainBridge", "SignatureReward", "OtherChainSource"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "XChainCommit",
        code: 42,
        action: "cross-chain transfer",
        required: &["XChainBridge", "XChainClaimID", "Amount"],
        optional: &["OtherChainDestination"],
        flags: &[],
    },
    Format {
        name: "XChainClaim",
        code: 43,
        action: "claim of a cross-chain transfer",
        required: &["XChainBridge", "XChainClaimID", "Destination", "Amount"],
        optional: &["DestinationTag"],
        flags: &[],
    },
    Format {
        name: "XChainAccountCreateCommit",
        code: 44,
        action: "creation of an account on another chain",
        required: &["XChainBridge", "Destination", "Amount", "SignatureReward"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "XChainAddClaimAttestation",
        code: 45,
        action: "attestation of a cross-chain transfer",
        required: &[
            "XChainBridge",
            "AttestationSignerAccount",
            "PublicKey",
            "Signature",
            "OtherChainSource",
            "Amount",
            "AttestationRewardAccount",
            "WasLockingChainSend",
            "XChainClaimID",
        ],
        optional: &["Destination"],
        flags: &[],
    },
    Format {
        name: "XChainAddAccountCreateAttestation",
        code: 46,
        action: "attestation of an account creation",
        required: &[
            "XChainBridge",
            "AttestationSignerAccount",
            "PublicKey",
            "Signature",
            "OtherChainSource",
            "Amount",
            "AttestationRewardAccount",
            "WasLockingChainSend",
            "XChainAccountCreateCount",
            "Destination",
            "SignatureReward",
        ],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "XChainModifyBridge",
        code: 47,
        action: "change of a bridge",
        required: &["XChainBridge"],
        optional: &["SignatureReward", "MinAccountCreateAmount"],
        flags: &[("tfClearAccountCreateAmount", 0x0001_0000)],
    },
    Format {
        name: "XChainCreateBridge",
        code: 48,
        action: "creation of a bridge",
        required: &["XChainBridge", "SignatureReward"],
        optional: &["MinAccountCreateAmount"],
        flags: &[],
    },
    Format {
        name: "DIDSet",
        code: 49,
        action: "DID",
        required: &[],
        optional: &["DIDDocument", "URI", "Data"],
        flags: &[],
    },
    Format {
        name: "DIDDelete",
        code: 50,
        action: "deletion of a DID",
        required: &[],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "OracleSet",
        code: 51,
        action: "price oracle",
        required: &["OracleDocumentID", "LastUpdateTime", "PriceDataSeries"],
        optional: &["Provider", "URI", "AssetClass"],
        flags: &[],
    },
    Format {
        name: "OracleDelete",
        code: 52,
        action: "deletion of a price oracle",
        required: &["OracleDocumentID"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "LedgerStateFix",
        code: 53,
        action: "repair of a ledger entry",
        required: &["LedgerFixType"],
        optional: &["Owner", "BookDirectory"],
        flags: &[],
    },
    Format {
        name: "MPTokenIssuanceCreate",
        code: 54,
        action: "issue of a multi-purpose token",
        required: &[],
        optional: &[
            "AssetScale",
            "TransferFee",
            "MaximumAmount",
            "MPTokenMetadata",
            "DomainID",
            "ImmutableFlags",
        ],
        flags: &[
            ("tfMPTCanLock", 0x0000_0002),
            ("tfMPTRequireAuth", 0x0000_0004),
            ("tfMPTCanEscrow", 0x0000_0008),
            ("tfMPTCanTrade", 0x0000_0010),
            ("tfMPTCanTransfer", 0x0000_0020),
            ("tfMPTCanClawback", 0x0000_0040),
            ("tfMPTCanHoldConfidentialBalance", 0x0000_0080),
        ],
    },
    Format {
        name: "MPTokenIssuanceDestroy",
        code: 55,
        action: "end of a multi-purpose token",
        required: &["MPTokenIssuanceID"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "MPTokenIssuanceSet",
        code: 56,
        action: "settings of a multi-purpose token",
        required: &["MPTokenIssuanceID"],
        optional: &[
            "Holder",
            "DomainID",
            "MPTokenMetadata",
            "TransferFee",
            "ImmutableFlags",
            "IssuerEncryptionKey",
            "AuditorEncryptionKey",
        ],
        flags: &[
            ("tfMPTLock", 0x0000_0001),
            ("tfMPTUnlock", 0x0000_0002),
            ("tfMPTSetCanLock", 0x0000_0004),
            ("tfMPTSetRequireAuth", 0x0000_0008),
            ("tfMPTSetCanEscrow", 0x0000_0010),
            ("tfMPTSetCanTrade", 0x0000_0020),
            ("tfMPTSetCanTransfer", 0x0000_0040),
            ("tfMPTSetCanClawback", 0x0000_0080),
            ("tfMPTSetCanHoldConfidentialBalance", 0x0000_0100),
        ],
    },
    Format {
        name: "MPTokenAuthorize",
        code: 57,
        action: "authorization for a multi-purpose token",
        required: &["MPTokenIssuanceID"],
        optional: &["Holder"],
        flags: &[("tfMPTUnauthorize", 0x0000_0001)],
    },
    Format {
        name: "CredentialCreate",
        code: 58,
        action: "credential",
        required: &["Subject", "CredentialType"],
        optional: &["Expiration", "URI"],
        flags: &[],
    },
    Format {
        name: "CredentialAccept",
        code: 59,
        action: "acceptance of a credential",
        required: &["Issuer", "CredentialType"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "CredentialDelete",
        code: 60,
        action: "deletion of a credential",
        required: &["CredentialType"],
        optional: &["Subject", "Issuer"],
        flags: &[],
    },
    Format {
        name: "NFTokenModify",
        code: 61,
        action: "change of an NFT",
        required: &["NFTokenID"],
        optional: &["Owner", "URI"],
        flags: &[],
    },
    Format {
        name: "PermissionedDomainSet",
        code: 62,
        action: "permissioned domain",
        required: &["AcceptedCredentials"],
        optional: &["DomainID"],
        flags: &[],
    },
    Format {
        name: "PermissionedDomainDelete",
        code: 63,
        action: "deletion of a permissioned domain",
        required: &["DomainID"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "DelegateSet",
        code: 64,
        action: "permissions of a delegate",
        required: &["Authorize", "Permissions"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "VaultCreate",
        code: 65,
        action: "creation of a vault",
        required: &["Asset"],
        optional: &[
            "AssetsMaximum",
            "MPTokenMetadata",
            "DomainID",
            "WithdrawalPolicy",
            "Data",
            "Scale",
            "VaultKind",
            "SubscriptionDate",
            "RedemptionDate",
        ],
        flags: &[
            ("tfVaultPrivate", 0x0001_0000),
            ("tfVaultShareNonTransferable", 0x0002_0000),
        ],
    },
    Format {
        name: "VaultSet",
        code: 66,
        action: "settings of a vault",
        required: &["VaultID"],
        optional: &["AssetsMaximum", "DomainID", "Data"],
        flags: &[],
    },
    Format {
        name: "VaultDelete",
        code: 67,
        action: "deletion of a vault",
        required: &["VaultID"],
        optional: &["MemoData"],
        flags: &[],
    },
    Format {
        name: "VaultDeposit",
        code: 68,
        action: "deposit to a vault",
        required: &["VaultID", "Amount"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "VaultWithdraw",
        code: 69,
        action: "withdrawal from a vault",
        required: &["VaultID", "Amount"],
        optional: &["Destination", "DestinationTag", "CredentialIDs"],
        flags: &[],
    },
    Format {
        name: "VaultClawback",
        code: 70,
        action: "clawback from a vault",
        required: &["VaultID", "Holder"],
        optional: &["Amount"],
        flags: &[],
    },
    Format {
        name: "Batch",
        code: 71,
        action: "batch",
        required: &["RawTransactions"],
        optional: &["BatchSigners"],
        flags: &[
            ("tfAllOrNothing", 0x0001_0000),
            ("tfOnlyOne", 0x0002_0000),
            ("tfUntilFailure", 0x0004_0000),
            ("tfIndependent", 0x0008_0000),
        ],
    },
    Format {
        name: "LoanBrokerSet",
        code: 74,
        action: "loan broker",
        required: &["VaultID"],
        optional: &[
            "LoanBrokerID",
            "Data",
            "ManagementFeeRate",
            "DebtMaximum",
            "CoverRateMinimum",
            "CoverRateLiquidation",
        ],
        flags: &[],
    },
    Format {
        name: "LoanBrokerDelete",
        code: 75,
        action: "deletion of a loan broker",
        required: &["LoanBrokerID"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "LoanBrokerCoverDeposit",
        code: 76,
        action: "deposit of first-loss capital",
        required: &["LoanBrokerID", "Amount"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "LoanBrokerCoverWithdraw",
        code: 77,
        action: "withdrawal of first-loss capital",
        required: &["LoanBrokerID", "Amount"],
        optional: &["Destination", "DestinationTag", "CredentialIDs"],
        flags: &[],
    },
    Format {
        name: "LoanBrokerCoverClawback",
        code: 78,
        action: "clawback of first-loss capital",
        required: &[],
        optional: &["LoanBrokerID", "Amount"],
        flags: &[],
    },
    Format {
        name: "LoanSet",
        code: 80,
        action: "loan",
        required: &["LoanBrokerID", "PrincipalRequested"],
        optional: &[
            "Data",
            "Counterparty",
            "CounterpartySignature",
            "LoanOriginationFee",
            "LoanServiceFee",
            "LatePaymentFee",
            "ClosePaymentFee",
            "OverpaymentFee",
            "InterestRate",
            "LateInterestRate",
            "CloseInterestRate",
            "OverpaymentInterestRate",
            "PaymentTotal",
            "PaymentInterval",
            "GracePeriod",
        ],
        flags: &[("tfLoanOverpayment", 0x0001_0000)],
    },
    Format {
        name: "LoanDelete",
        code: 81,
        action: "deletion of a loan",
        required: &["LoanID"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "LoanManage",
        code: 82,
        action: "management of a loan",
        required: &["LoanID"],
        optional: &[],
        flags: &[
            ("tfLoanDefault", 0x0001_0000),
            ("tfLoanImpair", 0x0002_0000),
            ("tfLoanUnimpair", 0x0004_0000),
        ],
    },
    Format {
        name: "LoanPay",
        code: 84,
        action: "payment of a loan",
        required: &["LoanID", "Amount"],
        optional: &[],
        flags: &[
            ("tfLoanOverpayment", 0x0001_0000),
            ("tfLoanFullPayment", 0x0002_0000),
            ("tfLoanLatePayment", 0x0004_0000),
        ],
    },
    Format {
        name: "ConfidentialMPTConvert",
        code: 85,
        action: "conversion to a confidential amount",
        required: &[
            "MPTokenIssuanceID",
            "MPTAmount",
            "HolderEncryptedAmount",
            "IssuerEncryptedAmount",
            "BlindingFactor",
        ],
        optional: &["HolderEncryptionKey", "AuditorEncryptedAmount", "ZKProof"],
        flags: &[],
    },
    Format {
        name: "ConfidentialMPTMergeInbox",
        code: 86,
        action: "merge of confidential amounts",
        required: &["MPTokenIssuanceID"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "ConfidentialMPTConvertBack",
        code: 87,
        action: "conversion from a confidential amount",
        required: &[
            "MPTokenIssuanceID",
            "MPTAmount",
            "HolderEncryptedAmount",
            "IssuerEncryptedAmount",
            "BlindingFactor",
            "ZKProof",
            "BalanceCommitment",
        ],
        optional: &["AuditorEncryptedAmount"],
        flags: &[],
    },
    Format {
        name: "ConfidentialMPTSend",
        code: 88,
        action: "confidential payment",
        required: &[
            "MPTokenIssuanceID",
            "Destination",
            "SenderEncryptedAmount",
            "DestinationEncryptedAmount",
            "IssuerEncryptedAmount",
            "ZKProof",
            "AmountCommitment",
            "BalanceCommitment",
        ],
        optional: &["DestinationTag", "AuditorEncryptedAmount", "CredentialIDs"],
        flags: &[],
    },
    Format {
        name: "ConfidentialMPTClawback",
        code: 89,
        action: "clawback of a confidential amount",
        required: &["MPTokenIssuanceID", "Holder", "MPTAmount", "ZKProof"],
        optional: &[],
        flags: &[],
    },
    Format {
        name: "SponsorshipTransfer",
        code: 90,
        action: "transfer of a sponsorship",
        required: &[],
        optional: &["ObjectID", "Sponsee"],
        flags: &[
            ("tfSponsorshipEnd", 0x0001_0000),
            ("tfSponsorshipCreate", 0x0002_0000),
            ("tfSponsorshipReassign", 0x0004_0000),
        ],
    },
    Format {
        name: "SponsorshipSet",
        code: 91,
        action: "sponsorship",
        required: &[],
        optional: &[
            "CounterpartySponsor",
            "Sponsee",
            "FeeAmountDelta",
            "MaxFee",
            "RemainingOwnerCountDelta",
        ],
        flags: &[
            ("tfSponsorshipSetRequireSignForFee", 0x0001_0000),
            ("tfSponsorshipClearRequireSignForFee", 0x0002_0000),
            ("tfSponsorshipSetRequireSignForReserve", 0x0004_0000),
            ("tfSponsorshipClearRequireSignForReserve", 0x0008_0000),
            ("tfDeleteObject", 0x0010_0000),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Field;
    use serde_json::{Map, Value, json};

    fn object<'a>(definitions: &'a Value, name: &str) -> &'a Map<String, Value> {
        definitions[name].as_object().unwrap()
    }

    fn fields(published: &Value, required: bool) -> Vec<&str> {
        let rows = published.as_array().unwrap().iter();
        rows.filter(|row| (row["optionality"] == 0) == required)
            .map(|row| row["name"].as_str().unwrap())
            .collect()
    }

    fn flags(rows: &[Flag]) -> Value {
        rows.iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect()
    }

    /// Against the published definitions, of which `definitions.json` is an excerpt.
    #[test]
    fn the_tables_are_what_was_published() {
        let definitions: Value =
            serde_json::from_str(include_str!("../tests/vectors/xrpl/definitions.json")).unwrap();
        let published = object(&definitions, "TRANSACTION_FORMATS");
        for (name, rows) in published {
            if ["common", "EnableAmendment", "SetFee", "UNLModify"].contains(&name.as_str()) {
                continue;
            }
            let format = Format::by_name(name).unwrap();
            assert_eq!(
                definitions["TRANSACTION_TYPES"][name], format.code,
                "{name}"
            );
            assert_eq!(fields(rows, true), format.required, "{name}");
            assert_eq!(fields(rows, false), format.optional, "{name}");
            let rows = object(&definitions, "TRANSACTION_FLAGS").get(name);
            assert_eq!(rows.unwrap_or(&json!({})), &flags(format.flags), "{name}");
            assert_eq!(Format::by_code(format.code).unwrap().name, name);
        }
        assert_eq!(published.len(), FORMATS.len() + 4);
        assert_eq!(fields(&published["common"], true), COMMON_REQUIRED);
        assert_eq!(fields(&published["common"], false), COMMON_OPTIONAL);
        assert_eq!(
            definitions["TRANSACTION_FLAGS"]["universal"],
            flags(COMMON_FLAGS)
        );
        assert_eq!(definitions["ACCOUNT_SET_FLAGS"], flags(ACCOUNT_FLAGS));
    }

    #[test]
    fn every_field_of_a_format_is_one() {
        for format in FORMATS {
            for name in format.all_required().chain(format.optional.iter().copied()) {
                assert!(Field::by_name(name).is_some(), "{}: {name}", format.name);
            }
        }
        assert!(
            COMMON_OPTIONAL
                .iter()
                .all(|name| Field::by_name(name).is_some())
        );
    }
}
