import TatumMultiNFT from {TatumMultiNFT}

transaction(recipients: [Address], urls: [String], type: String) {
    let minter: &TatumMultiNFT.NFTMinter

    prepare(signer: auth(BorrowValue) &Account) {
        self.minter = signer.storage.borrow<&TatumMultiNFT.NFTMinter>(from: TatumMultiNFT.MinterStoragePath)
            ?? panic("the signer cannot mint")
    }

    execute {
        var i = 0
        while i < recipients.length {
            let receiver = getAccount(recipients[i]).capabilities.borrow<&{TatumMultiNFT.TatumMultiNftCollectionPublic}>(TatumMultiNFT.CollectionPublicPath)
                ?? panic("a recipient has no collection")
            self.minter.mintNFT(recipient: receiver, type: type, url: urls[i], address: recipients[i])
            i = i + 1
        }
    }
}
