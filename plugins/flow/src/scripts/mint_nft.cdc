import TatumMultiNFT from {TatumMultiNFT}

transaction(recipient: Address, url: String, type: String) {
    let minter: &TatumMultiNFT.NFTMinter

    prepare(signer: auth(BorrowValue) &Account) {
        self.minter = signer.storage.borrow<&TatumMultiNFT.NFTMinter>(from: TatumMultiNFT.MinterStoragePath)
            ?? panic("the signer cannot mint")
    }

    execute {
        let receiver = getAccount(recipient).capabilities.borrow<&{TatumMultiNFT.TatumMultiNftCollectionPublic}>(TatumMultiNFT.CollectionPublicPath)
            ?? panic("the recipient has no collection")
        self.minter.mintNFT(recipient: receiver, type: type, url: url, address: recipient)
    }
}
