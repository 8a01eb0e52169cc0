transaction(publicKey: String) {
    prepare(signer: auth(AddKey) &Account) {
        let record = RLP.decodeList(publicKey.decodeHex())
        signer.keys.add(
            publicKey: PublicKey(
                publicKey: RLP.decodeString(record[0]),
                signatureAlgorithm: SignatureAlgorithm.ECDSA_secp256k1
            ),
            hashAlgorithm: HashAlgorithm.SHA3_256,
            weight: 0.0
        )
    }
}
