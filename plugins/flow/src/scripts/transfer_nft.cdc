import NonFungibleToken from {NonFungibleToken}
import TatumMultiNFT from {TatumMultiNFT}

transaction(recipient: Address, tokenId: UInt64) {
    let sent: @{NonFungibleToken.NFT}

    prepare(signer: auth(BorrowValue) &Account) {
        let collection = signer.storage.borrow<auth(NonFungibleToken.Withdraw) &TatumMultiNFT.Collection>(from: TatumMultiNFT.CollectionStoragePath)
            ?? panic("the signer has no collection")
        self.sent <- collection.withdraw(withdrawID: tokenId)
    }

    execute {
        let receiver = getAccount(recipient).capabilities.borrow<&{TatumMultiNFT.TatumMultiNftCollectionPublic}>(TatumMultiNFT.CollectionPublicPath)
            ?? panic("the recipient has no collection")
        receiver.deposit(token: <-self.sent)
    }
}
