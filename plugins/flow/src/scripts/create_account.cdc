transaction(publicKey: String) {
    prepare(signer: auth(BorrowValue) &Account) {
        let record = RLP.decodeList(publicKey.decodeHex())
        let account = Account(payer: signer)
        account.keys.add(
            publicKey: PublicKey(
                publicKey: RLP.decodeString(record[0]),
                signatureAlgorithm: SignatureAlgorithm.ECDSA_secp256k1
            ),
            hashAlgorithm: HashAlgorithm.SHA3_256,
            weight: 1000.0
        )
    }
}
