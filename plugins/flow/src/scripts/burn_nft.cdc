import NonFungibleToken from {NonFungibleToken}
import TatumMultiNFT from {TatumMultiNFT}

transaction(tokenId: UInt64, type: String) {
    prepare(signer: auth(BorrowValue) &Account) {
        let collection = signer.storage.borrow<auth(NonFungibleToken.Withdraw) &TatumMultiNFT.Collection>(from: TatumMultiNFT.CollectionStoragePath)
            ?? panic("the signer has no collection")
        // Fails where the token is of another type.
        collection.borrowTatumNFT(id: tokenId, type: type)
        destroy collection.withdraw(withdrawID: tokenId)
    }
}
